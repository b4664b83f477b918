// Command kiosk is the touchscreen at the door: the window that takes a
// visitor's report, and the commands that a technician or a clerk needs.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is stamped from FyneApp.toml by the Makefile.
var version = "0.0.0"

func main() {
	settleIn()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
