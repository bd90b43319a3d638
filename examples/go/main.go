// Creates, finds and deactivates a user of a SCIM service with net/http.
//
//	cd examples/go && scimmock exec -- go run .
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"time"
)

type user struct {
	ID       string `json:"id"`
	UserName string `json:"userName"`
	Active   bool   `json:"active"`
}

type list struct {
	TotalResults int    `json:"totalResults"`
	Resources    []user `json:"Resources"`
}

type object map[string]any

var base, token = os.Getenv("SCIM_BASE_URL"), os.Getenv("SCIM_TOKEN")

// call sends a request with a body, unless that is nil, and reads the answer into result.
func call(method, path string, body, result any) error {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, base+path, content)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/scim+json")
	request.Header.Set("User-Agent", "scimmock-example-go")
	if body != nil {
		request.Header.Set("Content-Type", "application/scim+json")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %s", method, path, answer.Status, text)
	}
	if len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, result)
}

func run() error {
	userName := fmt.Sprintf("ada.%d@example.com", time.Now().UnixNano())
	var created, read user
	err := call("POST", "/Users", object{
		"schemas":  []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"userName": userName,
		"name":     object{"givenName": "Ada", "familyName": "Lovelace"},
		"emails":   []object{{"value": userName, "type": "work", "primary": true}},
		"active":   true,
	}, &created)
	if err != nil {
		return err
	}
	fmt.Println("created", created.UserName)

	var found list
	filter := url.QueryEscape(fmt.Sprintf("userName eq %q", userName))
	if err := call("GET", "/Users?filter="+filter, nil, &found); err != nil {
		return err
	}
	fmt.Println("found", found.TotalResults)

	var changed user
	err = call("PATCH", "/Users/"+found.Resources[0].ID, object{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": []object{{"op": "replace", "path": "active", "value": false}},
	}, &changed)
	if err != nil {
		return err
	}
	if err := call("GET", "/Users/"+created.ID, nil, &read); err != nil {
		return err
	}
	fmt.Println("active", read.Active)
	return nil
}

func main() {
	log.SetFlags(0)
	if base == "" || token == "" {
		log.Println("SCIM_BASE_URL and SCIM_TOKEN say which service and how to come in")
		os.Exit(2)
	}
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
