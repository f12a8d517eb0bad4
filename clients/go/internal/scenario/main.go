// Command scenario does what a newcomer does first, and prints what came of each step.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	agentmemory "github.com/agent-memory/agent-memory/clients/go"
	common "github.com/agent-memory/agent-memory/clients/go/agent_memory/common/v1"
	longterm "github.com/agent-memory/agent-memory/clients/go/agent_memory/long_term_memory/v1"
	working "github.com/agent-memory/agent-memory/clients/go/agent_memory/working_memory/v1"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	memory, err := agentmemory.New(os.Getenv("AGENT_MEMORY_ADDRESS"))
	if err != nil {
		log.Fatal(err)
	}
	defer memory.Close()
	results, err := scenario(ctx, memory, os.Getenv("AGENT_MEMORY_SCENARIO"))
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		log.Fatal(err)
	}
}

func scenario(ctx context.Context, memory *agentmemory.Client, name string) (map[string]any, error) {
	mine := &common.MemoryFilter{UserId: agentmemory.Is(name)}
	results := map[string]any{}
	texts := []string{"User drinks oolong tea", "User cycles to work"}
	store := func(told []string) ([]string, error) {
		var memories []*common.Memory
		for _, text := range told {
			memories = append(memories, &common.Memory{Text: text, UserId: name})
		}
		answer, err := memory.LongTermMemory.CreateMemories(ctx, &longterm.CreateMemoriesRequest{Memories: memories})
		var outcomes []string
		for _, result := range answer.GetResults() {
			outcomes = append(outcomes, strings.ToLower(strings.TrimPrefix(result.GetOutcome().String(), "CREATE_OUTCOME_")))
		}
		return outcomes, err
	}
	list := func() ([]string, error) {
		var found []string
		stated := &common.MemoryFilter{UserId: mine.GetUserId(), Type: &common.TypeFilter{
			Any: []common.MemoryType{common.MemoryType_MEMORY_TYPE_SEMANTIC, common.MemoryType_MEMORY_TYPE_EPISODIC}}}
		for each, err := range memory.ListAll(ctx, &longterm.ListMemoriesRequest{Filter: stated}) {
			if err != nil {
				return nil, err
			}
			found = append(found, each.GetText())
		}
		slices.Sort(found)
		return found, nil
	}
	var err error
	if results["stored"], err = store(texts); err != nil {
		return nil, err
	}
	if results["stored again"], err = store(texts[:1]); err != nil {
		return nil, err
	}
	hits, err := memory.LongTermMemory.SearchMemories(ctx, &longterm.SearchMemoriesRequest{
		Query: &common.SearchQuery{Text: "Which tea?", Filter: mine}})
	if err != nil {
		return nil, err
	}
	best := hits.GetHits()[0].GetMemory()
	results["found"] = best.GetText()
	if results["listed"], err = list(); err != nil {
		return nil, err
	}
	edited, err := memory.LongTermMemory.UpdateMemory(ctx, &longterm.UpdateMemoryRequest{
		Memory:     &common.Memory{Id: best.GetId(), Text: "User drinks green tea"},
		UpdateMask: agentmemory.Mask("text")})
	if err != nil {
		return nil, err
	}
	results["edited"] = edited.GetMemory().GetText()
	if _, err := memory.WorkingMemory.AppendMessages(ctx, &working.AppendMessagesRequest{
		SessionId: name, UserId: name,
		Messages: []*common.Message{{Role: "user", Content: "I am allergic to peanuts."}}}); err != nil {
		return nil, err
	}
	session, err := memory.WorkingMemory.GetWorkingMemory(ctx, &working.GetWorkingMemoryRequest{SessionId: name, UserId: name})
	if err != nil {
		return nil, err
	}
	said := []string{}
	for _, message := range session.GetWorkingMemory().GetMessages() {
		said = append(said, fmt.Sprintf("%s: %s", message.GetRole(), message.GetContent()))
	}
	results["said"] = said
	if _, err := memory.WaitForExtraction(ctx, &working.GetWorkingMemoryRequest{SessionId: name, UserId: name}); err != nil {
		return nil, err
	}
	if results["learned"], err = list(); err != nil {
		return nil, err
	}
	prompt, err := memory.WorkingMemory.BuildMemoryPrompt(ctx, &working.BuildMemoryPromptRequest{
		Query:          "What must I avoid?",
		Session:        &working.PromptSession{SessionId: name, UserId: name},
		LongTermSearch: &working.LongTermSearch{Query: &common.SearchQuery{Filter: mine}}})
	if err != nil {
		return nil, err
	}
	last := prompt.GetMessages()[len(prompt.GetMessages())-1]
	results["last of the prompt"] = fmt.Sprintf("%s: %s", last.GetRole(), last.GetContent())
	results["prompt knows"] = slices.ContainsFunc(prompt.GetMessages(), func(message *working.PromptMessage) bool {
		return strings.Contains(message.GetContent(), "User is allergic to peanuts")
	})
	_, err = memory.LongTermMemory.GetMemory(ctx, &longterm.GetMemoryRequest{MemoryId: "nobody"})
	results["missing"] = fmt.Sprint(err)
	if errors.Is(err, agentmemory.ErrNotFound) {
		results["missing"] = "not found"
	}
	if _, err := memory.LongTermMemory.DeleteMemories(ctx, &longterm.DeleteMemoriesRequest{MemoryIds: []string{best.GetId()}}); err != nil {
		return nil, err
	}
	results["not forgotten"], err = list()
	return results, err
}
