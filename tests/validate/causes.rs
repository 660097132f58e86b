//! One cause, one diagnostic; and its help, followed literally, mends it.
