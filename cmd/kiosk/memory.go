package main

// clears is the setting of Go's runtime that overwrites what is freed; only the
// environment can make it, before the program starts.
const clears = "clobberfree=1"

// again says that the program is to start anew: between visits with what the hub
// changed, because a receptionist asked for it, or to be set up.
type again struct{ args []string } // a command and its flags

// Error implements error.
func (*again) Error() string { return "starting again" }
