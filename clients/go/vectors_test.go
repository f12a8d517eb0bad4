package agentmemory_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	agentmemory "github.com/agent-memory/agent-memory/clients/go"
	extraction "github.com/agent-memory/agent-memory/clients/go/agent_memory/extraction/v1"
	longterm "github.com/agent-memory/agent-memory/clients/go/agent_memory/long_term_memory/v1"
	working "github.com/agent-memory/agent-memory/clients/go/agent_memory/working_memory/v1"
)

type expected struct {
	Kind     string         `json:"kind"`
	Code     string         `json:"code"`
	Reason   string         `json:"reason"`
	Metadata map[string]any `json:"metadata"`
	Fields   []string       `json:"fields"`
}

type step struct {
	Name    string            `json:"name"`
	Call    string            `json:"call"`
	Watch   string            `json:"watch"`
	Told    string            `json:"told"`
	As      string            `json:"as"`
	Request json.RawMessage   `json:"request"`
	Answer  any               `json:"answer"`
	Answers []any             `json:"answers"`
	Error   *expected         `json:"error"`
	Save    map[string]string `json:"save"`
}

type vectors struct {
	Scenarios []struct {
		Name  string `json:"name"`
		Steps []step `json:"steps"`
	} `json:"scenarios"`
	Refusals []step `json:"refusals"`
}

var kinds = map[string]error{
	"validation":         agentmemory.ErrValidation,
	"not_found":          agentmemory.ErrNotFound,
	"conflict":           agentmemory.ErrConflict,
	"unavailable":        agentmemory.ErrUnavailable,
	"resource_exhausted": agentmemory.ErrResourceExhausted,
}

func needed(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set", name)
	}
	return value
}

func open(t *testing.T, address string, options ...agentmemory.Option) *agentmemory.Client {
	t.Helper()
	memory, err := agentmemory.New(address, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := memory.Close(); err != nil {
			t.Error(err)
		}
	})
	return memory
}

func TestVectors(t *testing.T) {
	content, err := os.ReadFile(needed(t, "AGENT_MEMORY_VECTORS"))
	if err != nil {
		t.Fatal(err)
	}
	var read vectors
	if err := json.Unmarshal(content, &read); err != nil {
		t.Fatal(err)
	}
	for number, scenario := range read.Scenarios {
		t.Run(scenario.Name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			name := fmt.Sprintf("go-%d-%d", number, time.Now().UnixNano())
			run := &run{t: t, memory: open(t, needed(t, "AGENT_MEMORY_ADDRESS")),
				saved: map[string]string{"run": name}, told: map[string]*pulled{}}
			for _, each := range scenario.Steps {
				run.step(ctx, each)
			}
			for _, told := range run.told {
				told.stop()
			}
		})
	}
	authorities := x509.NewCertPool()
	certificate, err := os.ReadFile(needed(t, "AGENT_MEMORY_CA_FILE"))
	if err != nil || !authorities.AppendCertsFromPEM(certificate) {
		t.Fatal("no certificate", err)
	}
	secured := []agentmemory.Option{
		agentmemory.WithTLS(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: authorities}),
		agentmemory.WithAPIKey(needed(t, "AGENT_MEMORY_API_KEY")),
	}
	for _, refused := range read.Refusals {
		t.Run(refused.Name, func(t *testing.T) {
			run := &run{t: t, saved: map[string]string{},
				memory: open(t, needed(t, "AGENT_MEMORY_REFUSING_ADDRESS"), secured...)}
			run.step(context.Background(), refused)
		})
	}
}

// A run is one run of a scenario.
type run struct {
	t      *testing.T
	memory *agentmemory.Client
	saved  map[string]string
	told   map[string]*pulled
}

type pulled struct {
	next func() (any, error)
	stop func()
}

func (r *run) step(ctx context.Context, each step) {
	r.t.Helper()
	switch {
	case each.Watch != "":
		r.watch(ctx, each)
	case each.Told != "":
		r.tell(each)
	default:
		answer, err := r.answer(ctx, each)
		if each.Error != nil {
			r.compare(each.Error, err)
			return
		}
		if err != nil {
			r.t.Fatalf("%s: %v", each.Call, err)
		}
		r.match(each.Answer, answer, each.Call)
		for name, path := range each.Save {
			found := answer
			for _, key := range strings.Split(path, ".") {
				found = found.(map[string]any)[key]
			}
			r.saved[name] = fmt.Sprint(found)
		}
	}
}

func (r *run) compare(wanted *expected, err error) {
	r.t.Helper()
	var failed *agentmemory.Error
	if !errors.As(err, &failed) {
		r.t.Fatalf("no error of the client: %v", err)
	}
	var code codes.Code
	if err := code.UnmarshalJSON([]byte(`"` + wanted.Code + `"`)); err != nil {
		r.t.Fatal(err)
	}
	if failed.Code != code || failed.Reason != wanted.Reason || !errors.Is(err, kinds[wanted.Kind]) {
		r.t.Fatalf("%+v is not %+v", failed, wanted)
	}
	found := map[string]any{}
	for key, value := range failed.Metadata {
		found[key] = value
	}
	r.match(wanted.Metadata, found, "metadata")
	if wanted.Fields != nil {
		var fields []string
		for _, violation := range failed.FieldViolations {
			fields = append(fields, violation.Field)
		}
		slices.Sort(fields)
		if !slices.Equal(fields, wanted.Fields) {
			r.t.Fatalf("%v are not %v", fields, wanted.Fields)
		}
	}
}

func (r *run) answer(ctx context.Context, each step) (any, error) {
	r.t.Helper()
	memory := r.memory
	switch each.Call {
	case "WaitForExtraction":
		progress, err := memory.WaitForExtraction(
			ctx, filled(r, each, &working.GetWorkingMemoryRequest{}))
		return asJSON(r, progress), err
	case "EraseUser":
		receipts, err := memory.EraseUser(
			ctx, filled(r, each, &working.EraseUserRequest{}).GetUserId())
		services, totals, erased := []any{}, map[string]int64{}, map[string]any{}
		for _, receipt := range receipts {
			services = append(services, receipt.GetService())
			for kind, count := range receipt.GetErased() {
				totals[kind] += count
				erased[kind] = fmt.Sprint(totals[kind])
			}
		}
		return map[string]any{"services": services, "erased": erased}, err
	case "SearchAll":
		request := filled(r, each, &longterm.SearchMemoriesRequest{})
		hits, err := gathered(r, memory.SearchAll(ctx, request))
		return map[string]any{"hits": hits}, err
	case "ListAll":
		request := filled(r, each, &longterm.ListMemoriesRequest{})
		memories, err := gathered(r, memory.ListAll(ctx, request))
		return map[string]any{"memories": memories}, err
	}
	_, method, _ := strings.Cut(each.Call, "/")
	switch method {
	case "SetWorkingMemory":
		return call(ctx, r, each, &working.SetWorkingMemoryRequest{}, memory.WorkingMemory.SetWorkingMemory)
	case "AppendMessages":
		return call(ctx, r, each, &working.AppendMessagesRequest{}, memory.WorkingMemory.AppendMessages)
	case "GetWorkingMemory":
		return call(ctx, r, each, &working.GetWorkingMemoryRequest{}, memory.WorkingMemory.GetWorkingMemory)
	case "ForkWorkingMemory":
		return call(ctx, r, each, &working.ForkWorkingMemoryRequest{}, memory.WorkingMemory.ForkWorkingMemory)
	case "DeleteWorkingMemory":
		return call(ctx, r, each, &working.DeleteWorkingMemoryRequest{}, memory.WorkingMemory.DeleteWorkingMemory)
	case "BuildMemoryPrompt":
		return call(ctx, r, each, &working.BuildMemoryPromptRequest{}, memory.WorkingMemory.BuildMemoryPrompt)
	case "CreateMemories":
		return call(ctx, r, each, &longterm.CreateMemoriesRequest{}, memory.LongTermMemory.CreateMemories)
	case "GetMemory":
		return call(ctx, r, each, &longterm.GetMemoryRequest{}, memory.LongTermMemory.GetMemory)
	case "BatchGetMemories":
		return call(ctx, r, each, &longterm.BatchGetMemoriesRequest{}, memory.LongTermMemory.BatchGetMemories)
	case "ListMemories":
		return call(ctx, r, each, &longterm.ListMemoriesRequest{}, memory.LongTermMemory.ListMemories)
	case "CountMemories":
		return call(ctx, r, each, &longterm.CountMemoriesRequest{}, memory.LongTermMemory.CountMemories)
	case "SearchMemories":
		return call(ctx, r, each, &longterm.SearchMemoriesRequest{}, memory.LongTermMemory.SearchMemories)
	case "UpdateMemory":
		return call(ctx, r, each, &longterm.UpdateMemoryRequest{}, memory.LongTermMemory.UpdateMemory)
	case "DeleteMemories":
		return call(ctx, r, each, &longterm.DeleteMemoriesRequest{}, memory.LongTermMemory.DeleteMemories)
	case "ListFieldValues":
		return call(ctx, r, each, &longterm.ListFieldValuesRequest{}, memory.LongTermMemory.ListFieldValues)
	case "UpdateMemoriesByFilter":
		return call(ctx, r, each, &longterm.UpdateMemoriesByFilterRequest{}, memory.LongTermMemory.UpdateMemoriesByFilter)
	case "DeleteMemoriesByFilter":
		return call(ctx, r, each, &longterm.DeleteMemoriesByFilterRequest{}, memory.LongTermMemory.DeleteMemoriesByFilter)
	case "ListMemoryRevisions":
		return call(ctx, r, each, &longterm.ListMemoryRevisionsRequest{}, memory.LongTermMemory.ListMemoryRevisions)
	case "RevertMemory":
		return call(ctx, r, each, &longterm.RevertMemoryRequest{}, memory.LongTermMemory.RevertMemory)
	case "GetPrincipal":
		return call(ctx, r, each, &working.GetPrincipalRequest{}, memory.WorkingMemory.GetPrincipal)
	case "GetStatistics":
		return call(ctx, r, each, &extraction.GetStatisticsRequest{}, memory.Extraction.GetStatistics)
	case "GetJob":
		return call(ctx, r, each, &extraction.GetJobRequest{}, memory.Extraction.GetJob)
	}
	r.t.Fatalf("%s is not among the calls of this test", each.Call)
	return nil, nil
}

func call[Request, Answer proto.Message](
	ctx context.Context, r *run, each step, request Request,
	method func(context.Context, Request, ...grpc.CallOption) (Answer, error),
) (any, error) {
	r.t.Helper()
	answer, err := method(ctx, filled(r, each, request))
	if err != nil {
		return nil, err
	}
	return asJSON(r, answer), nil
}

func gathered[Item proto.Message](r *run, items iter.Seq2[Item, error]) ([]any, error) {
	r.t.Helper()
	found := []any{}
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		found = append(found, asJSON(r, item))
	}
	return found, nil
}

// watch opens a watch, and waits until the service has begun it: its first answer says so.
func (r *run) watch(ctx context.Context, each step) {
	r.t.Helper()
	var opened *pulled
	if strings.HasSuffix(each.Watch, "/WatchMemories") {
		opened = pull(r, r.memory.WatchMemories(ctx, filled(r, each, &longterm.WatchMemoriesRequest{})))
	} else {
		opened = pull(r, r.memory.WatchSession(ctx, filled(r, each, &working.WatchWorkingMemoryRequest{})))
	}
	if _, err := opened.next(); err != nil {
		r.t.Fatal(err)
	}
	r.told[each.As] = opened
}

func pull[Answer proto.Message](r *run, answers iter.Seq2[Answer, error]) *pulled {
	next, stop := iter.Pull2(answers)
	return &pulled{stop: stop, next: func() (any, error) {
		answer, err, _ := next()
		if err != nil {
			return nil, err
		}
		return asJSON(r, answer), nil
	}}
}

func (r *run) tell(each step) {
	r.t.Helper()
	for _, wanted := range each.Answers {
		for {
			answer, err := r.told[each.Told].next()
			if err != nil {
				r.t.Fatal(err)
			}
			if answer.(map[string]any)["change"] != nil {
				r.match(wanted, answer, each.Told)
				break
			}
		}
	}
}

var variable = regexp.MustCompile(`\$([a-z_]+)`)

func (r *run) text(text string) string {
	return variable.ReplaceAllStringFunc(text, func(written string) string {
		if value, ok := r.saved[written[1:]]; ok {
			return value
		}
		return written
	})
}

func filled[Request proto.Message](r *run, each step, request Request) Request {
	r.t.Helper()
	var content any
	if err := json.Unmarshal(each.Request, &content); err != nil {
		r.t.Fatal(err)
	}
	written, err := json.Marshal(r.replaced(content))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := protojson.Unmarshal(written, request); err != nil {
		r.t.Fatalf("%s: %v", each.Call, err)
	}
	return request
}

func (r *run) replaced(value any) any {
	switch each := value.(type) {
	case string:
		return r.text(each)
	case []any:
		for position, item := range each {
			each[position] = r.replaced(item)
		}
	case map[string]any:
		for key, item := range each {
			each[key] = r.replaced(item)
		}
	}
	return value
}

func asJSON(r *run, message proto.Message) any {
	r.t.Helper()
	written, err := protojson.Marshal(message)
	if err != nil {
		r.t.Fatal(err)
	}
	var read any
	if err := json.Unmarshal(written, &read); err != nil {
		r.t.Fatal(err)
	}
	return read
}

func (r *run) match(wanted, actual any, path string) {
	r.t.Helper()
	if difference := r.difference(wanted, actual, path); difference != "" {
		r.t.Fatal(difference)
	}
}

// difference says how an answer differs from what was expected; empty where it does not.
func (r *run) difference(wanted, actual any, path string) string {
	switch each := wanted.(type) {
	case map[string]any:
		if holds, ok := each["$holds"].([]any); ok {
			for _, item := range holds {
				items, _ := actual.([]any)
				if !slices.ContainsFunc(items, func(found any) bool {
					return r.difference(item, found, path) == ""
				}) {
					return fmt.Sprintf("%s: %v holds no %v", path, actual, item)
				}
			}
			return ""
		}
		found, _ := actual.(map[string]any)
		for key, item := range each {
			if difference := r.difference(item, found[key], path+"."+key); difference != "" {
				return difference
			}
		}
		return ""
	case []any:
		found, _ := actual.([]any)
		if len(found) != len(each) {
			return fmt.Sprintf("%s: %v is not %v", path, actual, wanted)
		}
		for position, item := range each {
			if difference := r.difference(item, found[position], path); difference != "" {
				return difference
			}
		}
		return ""
	case string:
		if each == "$some" {
			if actual == nil || actual == "" || actual == "0" {
				return path + " is empty"
			}
			return ""
		}
		wanted = r.text(each)
	}
	if actual == nil {
		// What has its default is left out of an answer in JSON.
		switch wanted {
		case "0", "", false, 0.0:
			return ""
		}
	}
	if actual != wanted {
		return fmt.Sprintf("%s: %v is not %v", path, actual, wanted)
	}
	return ""
}

func TestAddressesThatMeanNothingAreRefused(t *testing.T) {
	for _, address := range []string{
		"ftp://host", "host", "http://", "http://host/path", "http://me@host", "http://host?x=1",
	} {
		if memory, err := agentmemory.New(address); err == nil {
			t.Errorf("%q is taken: %v", address, memory.Close())
		}
	}
	_, err := agentmemory.New("host:1", agentmemory.WithServiceAddress("memory", "host:2"))
	if err == nil {
		t.Error("a service that does not exist is taken")
	}
}

func TestCallsToNobodySaySo(t *testing.T) {
	memory := open(t, "127.0.0.1:1", agentmemory.WithTimeout(5*time.Second))
	_, err := memory.LongTermMemory.GetMemory(
		context.Background(), &longterm.GetMemoryRequest{MemoryId: "m"})
	if !errors.Is(err, agentmemory.ErrUnavailable) {
		t.Errorf("%v is not %v", err, agentmemory.ErrUnavailable)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range memory.ListAll(ctx, &longterm.ListMemoriesRequest{}) {
		if !errors.Is(err, agentmemory.ErrCancelled) || !errors.Is(err, context.Canceled) {
			t.Errorf("%v is not %v", err, agentmemory.ErrCancelled)
		}
	}
}
