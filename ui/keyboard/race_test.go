//go:build race

package keyboard

func init() { raced = true }
