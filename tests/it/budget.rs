//! One budget for all replicas.
