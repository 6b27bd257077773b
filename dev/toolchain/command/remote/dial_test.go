package remote

import (
	"context"
	"errors"
	"testing"
)

func TestADialIsRepeatedAsOftenAsTheLimitAllows(t *testing.T) {
	for name, test := range map[string]struct {
		limit, failures, wantDials int
		wantError                  string
	}{
		"none fails":                  {limit: 2, failures: 0, wantDials: 1},
		"as many fail as are allowed": {limit: 2, failures: 2, wantDials: 3},
		"more fail than are allowed":  {limit: 2, failures: 9, wantDials: 3, wantError: "after 2 failed attempts: refused"},
		"none is allowed to fail":     {limit: 0, failures: 9, wantDials: 1, wantError: "after 0 failed attempts: refused"},
		"any number may fail":         {limit: -1, failures: 4, wantDials: 5},
	} {
		t.Run(name, func(t *testing.T) {
			dials := 0
			result, err := retryDial(t.Context(), "Dial", test.limit, func() (string, error) {
				if dials++; dials <= test.failures {
					return "", errors.New("refused")
				}
				return "connected", nil
			})
			if dials != test.wantDials {
				t.Errorf("dialled %d times, want %d", dials, test.wantDials)
			}
			if test.wantError == "" && (err != nil || result != "connected") {
				t.Errorf("got %q, %v", result, err)
			}
			if test.wantError != "" && (err == nil || err.Error() != test.wantError) {
				t.Errorf("got %v, want %s", err, test.wantError)
			}
		})
	}
}

func TestCancellingEndsTheRetries(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := retryDial(ctx, "Dial", -1, func() (string, error) {
		cancel()
		return "", errors.New("refused")
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
