//go:build unix

package printer

// system is this machine's Windows spooler: none.
func system() winspool { return nil }
