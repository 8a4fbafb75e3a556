//! AEADs of ESP.
