package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// pocketBase starts PocketBase on a data folder.
func (c *comparison) pocketBase(ctx context.Context, dir string, durable bool) (*process, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	var env []string
	if durable {
		env = append(env, "SYNCHRONOUS=FULL")
	}
	p, err := start(ctx, env, c.pocketbase, "serve", "--dir", dir, "--http", address)
	if err != nil {
		return nil, err
	}
	p.address = address
	return p, p.serving("/api/health")
}

// makePocketBase makes a folder with one collection that anybody may write and read: a
// text of 4 KiB. It returns the ids of n records in it.
func (c *comparison) makePocketBase(ctx context.Context, dir string, n int) (ids []string, err error) {
	const name, password = "bench@example.org", "a long password"
	if _, err := command(ctx, nil, c.pocketbase, "superuser", "upsert", name, password, "--dir", dir); err != nil {
		return nil, err
	}
	p, err := c.pocketBase(ctx, dir, false)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	token := ""
	call := func(method, path string, in, out any) error {
		body, err := json.Marshal(in)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, method, "http://"+p.address+path, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("PocketBase: %s %s: %d %s", method, path, resp.StatusCode, b)
		}
		return json.Unmarshal(b, out)
	}
	var login struct{ Token string }
	if err := call(http.MethodPost, "/api/collections/_superusers/auth-with-password", map[string]string{"identity": name, "password": password}, &login); err != nil {
		return nil, err
	}
	token = login.Token
	var made map[string]any
	if err := call(http.MethodPost, "/api/collections", map[string]any{"name": "reports", "type": "base", "createRule": "", "viewRule": "",
		"fields": []map[string]any{{"name": "body", "type": "text", "max": 10000}}}, &made); err != nil {
		return nil, err
	}
	if err := call(http.MethodPatch, "/api/settings", map[string]any{"batch": map[string]any{"enabled": true, "maxRequests": 200, "timeout": 30, "maxBodySize": 16 << 20}}, &made); err != nil {
		return nil, err
	}
	for range n {
		var record struct{ ID string }
		if err := call(http.MethodPost, "/api/collections/reports/records", json.RawMessage(body4K), &record); err != nil {
			return nil, err
		}
		ids = append(ids, record.ID)
	}
	return ids, nil
}

var body4K = `{"body":"` + strings.Repeat("Loket tutup sejak pagi. ", 4096/24) + strings.Repeat("x", 4096%24) + `"}`

var jsonHeader = map[string]string{"Content-Type": "application/json"}

// create is the request that creates one record.
func create() []byte {
	return request(http.MethodPost, "/api/collections/reports/records", "127.0.0.1", jsonHeader, []byte(body4K))
}

// createBatch is the request that creates n records.
func createBatch(n int) []byte {
	one := `{"method":"POST","url":"/api/collections/reports/records","body":` + body4K + `}`
	return request(http.MethodPost, "/api/batch", "127.0.0.1", jsonHeader, []byte(`{"requests":[`+strings.Repeat(one+",", n-1)+one+`]}`))
}

// read is the request that reads one record.
func read(id string) []byte {
	return request(http.MethodGet, "/api/collections/reports/records/"+id, "127.0.0.1", nil, nil)
}
