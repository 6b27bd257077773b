package main

import "testing"

func TestANameHasItsAddressInIt(t *testing.T) {
	for name, address := range map[string]string{
		"shop.10-213-7-11.test.": "10.213.7.11",
		"10-0-0-1.":              "10.0.0.1",
		"shop.example.com.":      "<nil>",
		"shop.10-213-7.test.":    "<nil>",
		"shop.10-213-7-256.test": "<nil>",
	} {
		if found := addressIn(name).String(); found != address {
			t.Errorf("%s has %s, not %s", name, found, address)
		}
	}
}
