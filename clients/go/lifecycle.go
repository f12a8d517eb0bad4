package agentmemory

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	common "github.com/agent-memory/agent-memory/clients/go/agent_memory/common/v1"
	extraction "github.com/agent-memory/agent-memory/clients/go/agent_memory/extraction/v1"
	longterm "github.com/agent-memory/agent-memory/clients/go/agent_memory/long_term_memory/v1"
	working "github.com/agent-memory/agent-memory/clients/go/agent_memory/working_memory/v1"
)

const (
	waitForExtraction = 60 * time.Second
	firstStoredPause  = 50 * time.Millisecond
	longestStored     = time.Second
	neighbours        = 5
	largestErasure    = 10_000
)

// WaitForExtraction waits until what is in the session now has become memories, and these are
// stored: every message of its log, and every memory placed in it. A context without a deadline gets
// one minute. A job that gave up is an [ExtractionError].
func (c *Client) WaitForExtraction(
	ctx context.Context, request *working.GetWorkingMemoryRequest,
) (*extraction.SessionProgress, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, waitForExtraction)
		defer cancel()
	}
	answer, err := c.WorkingMemory.GetWorkingMemory(ctx, &working.GetWorkingMemoryRequest{
		Namespace: request.GetNamespace(), SessionId: request.GetSessionId(),
		UserId: request.GetUserId(), RecentMessagesLimit: 1,
	})
	if err != nil {
		return nil, err
	}
	session := answer.GetWorkingMemory()
	progress, err := c.reach(ctx, session)
	if err != nil {
		return nil, err
	}
	return progress, c.untilStored(ctx, session)
}

// reach watches until every message of the session's log is extracted.
func (c *Client) reach(
	ctx context.Context, session *working.WorkingMemory,
) (*extraction.SessionProgress, error) {
	if session.GetLastSequence() == 0 {
		return &extraction.SessionProgress{SessionUid: session.GetSessionUid()}, nil
	}
	request := &extraction.WatchJobsRequest{
		Namespace: session.GetNamespace(), SessionId: session.GetSessionId(),
	}
	for {
		told := false
		for answer, err := range c.watchJobs(ctx, request, math.MaxInt64) {
			var failed *Error
			if errors.As(err, &failed) && failed.Reason == "INVALID_TOKEN" && told {
				// A server that forgot the token tells everything anew.
				break
			}
			if err != nil {
				return nil, err
			}
			told = true
			progress := answer.GetProgress()
			if progress.GetSessionUid() == session.GetSessionUid() &&
				progress.GetExtractedSequence() >= session.GetLastSequence() {
				return progress, nil
			}
			job := answer.GetJob()
			if job.GetState() == extraction.JobState_JOB_STATE_FAILED &&
				job.GetSessionUid() == session.GetSessionUid() &&
				job.GetFirstSequence() <= session.GetLastSequence() &&
				job.GetLastSequence() > progress.GetExtractedSequence() {
				return nil, &ExtractionError{Job: job}
			}
		}
	}
}

// untilStored waits until each memory of a session is stored, or one of its owner that says the
// same.
func (c *Client) untilStored(ctx context.Context, session *working.WorkingMemory) error {
	missing := session.GetMemories()
	for pause := firstStoredPause; ; pause = min(2*pause, longestStored) {
		left, err := c.notStored(ctx, session, missing)
		if err != nil && !errors.Is(err, ErrUnavailable) {
			return err
		}
		if err == nil {
			missing = left
		}
		if len(missing) == 0 {
			return nil
		}
		if err := sleep(ctx, pause); err != nil {
			return fromError(err, "")
		}
	}
}

func (c *Client) notStored(
	ctx context.Context, session *working.WorkingMemory, placed []*common.Memory,
) ([]*common.Memory, error) {
	if len(placed) == 0 {
		return nil, nil
	}
	ids := make([]string, 0, len(placed))
	for _, memory := range placed {
		ids = append(ids, memory.GetId())
	}
	answer, err := c.LongTermMemory.BatchGetMemories(
		ctx, &longterm.BatchGetMemoriesRequest{MemoryIds: ids})
	if err != nil {
		return nil, err
	}
	var missing []*common.Memory
	for position, item := range answer.GetItems() {
		if item.GetMemory() != nil {
			continue
		}
		duplicate, err := c.isDuplicate(ctx, session, placed[position])
		if err != nil {
			return nil, err
		}
		if !duplicate {
			missing = append(missing, placed[position])
		}
	}
	return missing, nil
}

// isDuplicate looks for the same words of the same owner: a duplicate never gets an id of its own.
func (c *Client) isDuplicate(
	ctx context.Context, session *working.WorkingMemory, memory *common.Memory,
) (bool, error) {
	filter := &common.MemoryFilter{
		UserId:    Is(firstText(memory.GetUserId(), session.GetUserId())),
		Namespace: Is(firstText(memory.GetNamespace(), session.GetNamespace())),
	}
	if memory.GetType() != common.MemoryType_MEMORY_TYPE_UNSPECIFIED {
		filter.Type = &common.TypeFilter{Any: []common.MemoryType{memory.GetType()}}
	}
	answer, err := c.LongTermMemory.SearchMemories(ctx, &longterm.SearchMemoriesRequest{
		Query: &common.SearchQuery{
			Text: memory.GetText(), Mode: common.SearchMode_SEARCH_MODE_SEMANTIC,
			Filter: filter, Untracked: true,
		},
		PageSize: neighbours,
	})
	if err != nil {
		return false, err
	}
	words := plain(memory.GetText())
	return slices.ContainsFunc(answer.GetHits(), func(hit *common.MemoryHit) bool {
		return plain(hit.GetMemory().GetText()) == words
	}), nil
}

func plain(text string) string {
	return strings.Join(strings.Fields(strings.ToLower(text)), " ")
}

func firstText(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// EraseUser erases a user's sessions, what waits for extraction, and memories, in the order in which
// memories flow; each service tells the next which sessions went. It answers the receipts in the
// order of the calls. After an error the whole call may be repeated. Needs the access of an admin.
func (c *Client) EraseUser(ctx context.Context, userID string) ([]*common.EraseReceipt, error) {
	erased, err := c.WorkingMemory.EraseUser(ctx, &working.EraseUserRequest{UserId: userID})
	if err != nil {
		return nil, fmt.Errorf("in working memory: %w", err)
	}
	receipts := []*common.EraseReceipt{erased.GetReceipt()}
	sessions := joined(nil, erased.GetSessions())
	inExtraction := sessions
	for batch := range erasures(sessions) {
		answer, err := c.Extraction.EraseUser(
			ctx, &extraction.EraseUserRequest{UserId: userID, Sessions: batch})
		if err != nil {
			return receipts, fmt.Errorf("in extraction: %w", err)
		}
		receipts = append(receipts, answer.GetReceipt())
		inExtraction = joined(inExtraction, answer.GetSessions())
	}
	for batch := range erasures(inExtraction) {
		answer, err := c.LongTermMemory.EraseUser(
			ctx, &longterm.EraseUserRequest{UserId: userID, Sessions: batch})
		if err != nil {
			return receipts, fmt.Errorf("in long-term memory: %w", err)
		}
		receipts = append(receipts, answer.GetReceipt())
	}
	return receipts, nil
}

// joined adds the sessions that are not known yet.
func joined(known, more []*common.ErasedSession) []*common.ErasedSession {
	result := slices.Clone(known)
	for _, session := range more {
		position := slices.IndexFunc(result, func(each *common.ErasedSession) bool {
			return each.GetSessionUid() == session.GetSessionUid()
		})
		switch {
		case position < 0:
			result = append(result, session)
		case session.GetOwnedLate():
			result[position] = session
		}
	}
	return result
}

// erasures cuts sessions into batches that a call takes; one batch where there are none.
func erasures(sessions []*common.ErasedSession) func(func([]*common.ErasedSession) bool) {
	return func(yield func([]*common.ErasedSession) bool) {
		if len(sessions) == 0 {
			yield(nil)
			return
		}
		for batch := range slices.Chunk(sessions, largestErasure) {
			if !yield(batch) {
				return
			}
		}
	}
}
