//! One peer relationship: keys and link, roaming and resumption.
