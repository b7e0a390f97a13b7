//! The API as the vendor speaks it; knows no database.
