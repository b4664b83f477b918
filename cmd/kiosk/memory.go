package main

import "errors"

// clears is the setting of Go's runtime that overwrites what is freed; only the
// environment can make it, before the program starts.
const clears = "clobberfree=1"

// errAgain says that the program is to start anew: between visits with what the hub
// changed, or because a receptionist asked for it.
var errAgain = errors.New("starting again")
