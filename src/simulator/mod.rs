//! A HeyMilo to try the daemon against: speaks the contract, deterministic by seed.
