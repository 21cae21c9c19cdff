package licet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

const testAppID = "com.example.conformance"

type httpStep struct {
	Call string
	With struct {
		Fresh    bool
		Features []string
	}
	Client       string
	Times        int
	WithinMs     int64
	Expected     map[string]any
	Problem      string
	ThenRequests int
}

type httpScenario struct {
	ID, Description string
	Client          struct {
		Key, Product, Fingerprint string
		Pinned                    bool
		TimeoutMs                 int64
	}
	Steps    []httpStep
	Requests struct {
		Min, Max       int
		Paths          []string
		GapsMs         []int64
		Has, HasNot    []string
		DistinctMember string
		SameHeader     string
	}
}

type seenRequest struct {
	Path, Body string
	Headers    map[string]any
	AtMs       int64
}

// startFixture starts the fixture server of the conformance suite, and returns its address.
func startFixture(t *testing.T) string {
	t.Helper()
	server := exec.Command("bun", filepath.Join("..", "conformance", "fixture.ts"))
	server.Stderr = os.Stderr
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	line, err := bufio.NewReader(output).ReadBytes('\n')
	var started struct{ URL string }
	if err != nil || json.Unmarshal(line, &started) != nil {
		t.Fatalf("the fixture server printed %q (%v)", line, err)
	}
	return started.URL
}

func TestHTTP(t *testing.T) {
	vectors := readVectors[struct {
		PublicKeys []string
		Scenarios  []httpScenario
	}](t, "http.json")
	fixture := startFixture(t)
	for _, each := range vectors.Scenarios {
		runCase(t, "http.json, "+each.ID+": "+each.Description, func(t *testing.T) {
			player := &httpPlayer{scenario: each, publicKeys: vectors.PublicKeys,
				url: fixture + "/s/" + url.PathEscape(each.ID) + "/" + newNonce()}
			player.play(t)
		})
	}
}

type httpPlayer struct {
	scenario   httpScenario
	publicKeys []string
	url        string
	store      Store
	client     *Client
	mutex      sync.Mutex
	problems   []error
}

func (p *httpPlayer) play(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 120*time.Second)
	defer cancel()
	for i, step := range p.scenario.Steps {
		if i == 0 || step.Client == "empty" {
			p.store = &MemoryStore{}
		}
		if i == 0 || step.Client != "" {
			p.start(t)
		}
		p.playStep(ctx, t, step)
		for len(p.log(t)) < step.ThenRequests && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		if err := p.client.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	p.checkRequests(t, p.log(t))
}

func (p *httpPlayer) start(t *testing.T) {
	given := p.scenario.Client
	options := Options{URL: p.url, AppID: testAppID, Key: given.Key, Product: given.Product, Store: p.store,
		Fingerprint: given.Fingerprint, Timeout: time.Duration(given.TimeoutMs) * time.Millisecond,
		OnProblem: func(err error) {
			p.mutex.Lock()
			defer p.mutex.Unlock()
			p.problems = append(p.problems, err)
		}}
	if given.Pinned {
		options.PublicKeys = p.publicKeys
	}
	client, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	p.client = client
}

func (p *httpPlayer) playStep(ctx context.Context, t *testing.T, step httpStep) {
	started := time.Now()
	results := make([]map[string]any, max(step.Times, 1))
	var group, together sync.WaitGroup
	together.Add(len(results))
	for i := range results {
		group.Add(1)
		go func() {
			defer group.Done()
			together.Done()
			together.Wait()
			results[i] = p.run(ctx, step)
		}()
	}
	group.Wait()
	duration := time.Since(started)
	for _, result := range results {
		assertMatches(t, toJSON(t, result), step.Expected)
	}
	if step.WithinMs > 0 && duration > time.Duration(step.WithinMs)*time.Millisecond {
		t.Errorf("it took %v", duration)
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	isProblem := func(err error) bool { return errors.Is(err, Code(step.Problem)) }
	if step.Problem != "" && !slices.ContainsFunc(p.problems, isProblem) {
		t.Errorf("the problems are %v", p.problems)
	}
}

const httpSeat = "seat_01kf0000000000000000000003"

func (p *httpPlayer) run(ctx context.Context, step httpStep) map[string]any {
	switch step.Call {
	case "check":
		options := []CallOption{RequireFeatures(step.With.Features...)}
		if step.With.Fresh {
			options = append(options, Fresh())
		}
		return map[string]any{"state": describeState(p.client.Check(ctx, options...))}
	case "validate":
		found, err := p.client.Validate(ctx)
		if err != nil {
			return describeError(err)
		}
		return map[string]any{"verdict": map[string]any{"valid": found.Valid, "license": describeLicense(found.License),
			"warnings": found.Warnings, "error": found.Code, "message": found.Message, "details": found.Details}}
	case "activate":
		found, err := p.client.Activate(ctx)
		return describeResult(err, func() string { return found.ID })
	case "deactivate":
		found, err := p.client.Deactivate(ctx)
		return describeResult(err, func() string { return found.ID })
	case "seats.acquire":
		return describeSeat(p.client.Seats.Acquire(ctx))
	case "seats.renew":
		return describeSeat(p.client.Seats.Renew(ctx, httpSeat))
	case "seats.release":
		return describeResult(p.client.Seats.Release(ctx, httpSeat), func() string { return "" })
	case "admin.licenses.create":
		admin, err := NewAdmin(p.url, "licet_fake", AdminOptions{})
		if err != nil {
			return describeError(err)
		}
		found, err := admin.Licenses.Create(ctx, LicenseParams{Plan: "professional", CustomerEmail: "dev@example.com"})
		return describeResult(err, func() string { return found.ID })
	}
	return map[string]any{"call": "unknown"}
}

func describeResult(err error, id func() string) map[string]any {
	if err != nil {
		return describeError(err)
	}
	return map[string]any{"id": id(), "ok": true}
}

func describeSeat(seat *Seat, err error) map[string]any {
	if err != nil {
		return describeError(err)
	}
	return map[string]any{"id": seat.ID, "expiresAt": describeTime(seat.ExpiresAt)}
}

func describeError(err error) map[string]any {
	var problem *Problem
	switch {
	case errors.Is(err, ErrNoAnswer):
		return map[string]any{"throws": "NoAnswer"}
	case errors.As(err, &problem):
		return map[string]any{"throws": "ApiProblem", "status": problem.Status, "code": problem.Code,
			"details": problem.Details}
	}
	return map[string]any{"throws": err.Error()}
}

func (p *httpPlayer) log(t *testing.T) []seenRequest {
	t.Helper()
	received, err := http.Get(p.url + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer received.Body.Close()
	var log struct{ Requests []seenRequest }
	if err := json.NewDecoder(received.Body).Decode(&log); err != nil {
		t.Fatal(err)
	}
	return log.Requests
}

func (p *httpPlayer) checkRequests(t *testing.T, log []seenRequest) {
	expected := p.scenario.Requests
	if len(log) < expected.Min || len(log) > expected.Max {
		t.Errorf("there are %d requests", len(log))
	}
	var paths []string
	var members, headers []string
	for i, each := range log {
		paths = append(paths, each.Path)
		headers = append(headers, fmt.Sprint(each.Headers[expected.SameHeader]))
		body, _ := parseObject([]byte(each.Body))
		members = append(members, fmt.Sprint(body[expected.DistinctMember]))
		for _, name := range expected.Has {
			if _, exists := body[name]; !exists {
				t.Errorf("body %d lacks %s", i, name)
			}
		}
		for _, name := range expected.HasNot {
			if _, exists := body[name]; exists {
				t.Errorf("body %d has %s", i, name)
			}
		}
	}
	if expected.Paths != nil && !slices.Equal(paths, expected.Paths) {
		t.Errorf("the paths are %v", paths)
	}
	for i, gap := range expected.GapsMs {
		if i+1 >= len(log) || log[i+1].AtMs-log[i].AtMs < gap {
			t.Errorf("gap %d is too short", i)
		}
	}
	if expected.DistinctMember != "" && len(unique(members)) != len(log) {
		t.Errorf("the members are %v", members)
	}
	if expected.SameHeader != "" && len(unique(headers)) != 1 {
		t.Errorf("the headers are %v", headers)
	}
}

func unique(list []string) []string {
	sorted := slices.Sorted(slices.Values(list))
	return slices.Compact(sorted)
}
