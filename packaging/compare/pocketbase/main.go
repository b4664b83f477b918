// Pocketbase is PocketBase as it comes, to be measured beside the hub. With
// SYNCHRONOUS=FULL in the environment it waits for the disk at each commit, as the hub
// does; as it comes it does not.
package main

import (
	"log"
	"os"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
)

func main() {
	c := pocketbase.Config{HideStartBanner: true}
	if os.Getenv("SYNCHRONOUS") == "FULL" {
		c.DBConnect = durable
	}
	if err := pocketbase.NewWithConfig(c).Start(); err != nil {
		log.Fatal(err)
	}
}

// durable is core.DefaultDBConnect with synchronous=FULL.
func durable(path string) (*dbx.DB, error) {
	return dbx.Open("sqlite", path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=journal_size_limit(200000000)"+
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32000)")
}
