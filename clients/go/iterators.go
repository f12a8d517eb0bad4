package agentmemory

import (
	"context"
	"errors"
	"io"
	"iter"
	mathrand "math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	common "github.com/agent-memory/agent-memory/clients/go/agent_memory/common/v1"
	extraction "github.com/agent-memory/agent-memory/clients/go/agent_memory/extraction/v1"
	longterm "github.com/agent-memory/agent-memory/clients/go/agent_memory/long_term_memory/v1"
	working "github.com/agent-memory/agent-memory/clients/go/agent_memory/working_memory/v1"
)

const (
	// Patience is the time without any answer after which a watch gives up.
	Patience          = 60 * time.Second
	firstWatchPause   = 100 * time.Millisecond
	longestWatchPause = 2 * time.Second
)

// SearchAll iterates over everything a search finds, each memory once, the best first. An error
// ends the iteration.
func (c *Client) SearchAll(
	ctx context.Context, request *longterm.SearchMemoriesRequest,
) iter.Seq2[*common.MemoryHit, error] {
	return pages(request, func(page *longterm.SearchMemoriesRequest) ([]*common.MemoryHit, string, error) {
		answer, err := c.LongTermMemory.SearchMemories(ctx, page)
		return answer.GetHits(), answer.GetNextPageToken(), err
	}, func(page *longterm.SearchMemoriesRequest, token string) { page.PageToken = token })
}

// ListAll iterates over the memories that match, the newest first.
func (c *Client) ListAll(
	ctx context.Context, request *longterm.ListMemoriesRequest,
) iter.Seq2[*common.Memory, error] {
	return pages(request, func(page *longterm.ListMemoriesRequest) ([]*common.Memory, string, error) {
		answer, err := c.LongTermMemory.ListMemories(ctx, page)
		return answer.GetMemories(), answer.GetNextPageToken(), err
	}, func(page *longterm.ListMemoriesRequest, token string) { page.PageToken = token })
}

// Revisions iterates over every change of a memory, the latest first.
func (c *Client) Revisions(
	ctx context.Context, memoryID string,
) iter.Seq2[*longterm.MemoryRevision, error] {
	request := &longterm.ListMemoryRevisionsRequest{MemoryId: memoryID, PageSize: 100}
	return pages(request, func(page *longterm.ListMemoryRevisionsRequest) ([]*longterm.MemoryRevision, string, error) {
		answer, err := c.LongTermMemory.ListMemoryRevisions(ctx, page)
		return answer.GetRevisions(), answer.GetNextPageToken(), err
	}, func(page *longterm.ListMemoryRevisionsRequest, token string) { page.PageToken = token })
}

// Sessions iterates over the sessions that exist now, the latest written first.
func (c *Client) Sessions(
	ctx context.Context, request *working.ListSessionsRequest,
) iter.Seq2[*working.SessionSummary, error] {
	return pages(request, func(page *working.ListSessionsRequest) ([]*working.SessionSummary, string, error) {
		answer, err := c.WorkingMemory.ListSessions(ctx, page)
		return answer.GetSessions(), answer.GetNextPageToken(), err
	}, func(page *working.ListSessionsRequest, token string) { page.PageToken = token })
}

// Messages iterates over a session's log, in order.
func (c *Client) Messages(
	ctx context.Context, request *working.ListMessagesRequest,
) iter.Seq2[*common.Message, error] {
	return pages(request, func(page *working.ListMessagesRequest) ([]*common.Message, string, error) {
		answer, err := c.WorkingMemory.ListMessages(ctx, page)
		return answer.GetMessages(), answer.GetNextPageToken(), err
	}, func(page *working.ListMessagesRequest, token string) { page.PageToken = token })
}

// StreamSearch iterates over what one call finds, the best first, no faster than it is taken.
func (c *Client) StreamSearch(
	ctx context.Context, request *longterm.StreamSearchMemoriesRequest,
) iter.Seq2[*common.MemoryHit, error] {
	return func(yield func(*common.MemoryHit, error) bool) {
		for part, err := range received(ctx, request, c.LongTermMemory.StreamSearchMemories) {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, hit := range part.GetHits() {
				if !yield(hit, nil) {
					return
				}
			}
		}
	}
}

// Export iterates over parts of the memories that match, the oldest first. Needs the access of an
// admin.
func (c *Client) Export(
	ctx context.Context, request *longterm.ExportMemoriesRequest,
) iter.Seq2[*longterm.ExportMemoriesResponse, error] {
	return received(ctx, request, c.LongTermMemory.ExportMemories)
}

// WatchMemories tells every change of memories from now on; a connection that breaks is made again.
// An answer without a change is a sign of life. The watch ends with its context.
func (c *Client) WatchMemories(
	ctx context.Context, request *longterm.WatchMemoriesRequest,
) iter.Seq2[*longterm.WatchMemoriesResponse, error] {
	return watch(ctx, request, c.LongTermMemory.WatchMemories,
		func(next *longterm.WatchMemoriesRequest, token string) { next.ResumeToken = token }, Patience)
}

// WatchSession tells every change of a session from now on, which need not exist yet.
func (c *Client) WatchSession(
	ctx context.Context, request *working.WatchWorkingMemoryRequest,
) iter.Seq2[*working.WatchWorkingMemoryResponse, error] {
	return watch(ctx, request, c.WorkingMemory.WatchWorkingMemory,
		func(next *working.WatchWorkingMemoryRequest, token string) { next.ResumeToken = token },
		Patience)
}

// WatchJobs tells where jobs stand, then every change of them.
func (c *Client) WatchJobs(
	ctx context.Context, request *extraction.WatchJobsRequest,
) iter.Seq2[*extraction.WatchJobsResponse, error] {
	return c.watchJobs(ctx, request, Patience)
}

func (c *Client) watchJobs(
	ctx context.Context, request *extraction.WatchJobsRequest, patience time.Duration,
) iter.Seq2[*extraction.WatchJobsResponse, error] {
	return watch(ctx, request, c.Extraction.WatchJobs,
		func(next *extraction.WatchJobsRequest, token string) { next.ResumeToken = token }, patience)
}

// pages iterates over the items of all pages; the caller's request stays as it is.
func pages[Request proto.Message, Item any](
	request Request, fetch func(Request) ([]Item, string, error), turn func(Request, string),
) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		page := proto.CloneOf(request)
		for {
			items, token, err := fetch(page)
			if err != nil {
				var none Item
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if token == "" {
				return
			}
			turn(page, token)
		}
	}
}

type opener[Request any, Answer any] func(
	context.Context, Request, ...grpc.CallOption,
) (grpc.ServerStreamingClient[Answer], error)

// received iterates over a stream; leaving the iteration ends it.
func received[Request any, Answer any](
	ctx context.Context, request Request, open opener[Request, Answer],
) iter.Seq2[*Answer, error] {
	return func(yield func(*Answer, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := open(ctx, request)
		for err == nil {
			var answer *Answer
			if answer, err = stream.Recv(); err == nil && !yield(answer, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}

type resumable interface{ GetResumeToken() string }

// watch iterates over a stream without an end, which is taken up again after its last answer.
func watch[Request proto.Message, Answer any](
	ctx context.Context, request Request, open opener[Request, Answer],
	resume func(Request, string), patience time.Duration,
) iter.Seq2[*Answer, error] {
	return func(yield func(*Answer, error) bool) {
		next := proto.CloneOf(request)
		var failing time.Time
		pause := firstWatchPause
		for {
			for answer, err := range received(ctx, next, open) {
				if err != nil {
					if failing.IsZero() {
						failing = time.Now()
					}
					if ctx.Err() != nil || !broken(err) || time.Since(failing) > patience {
						yield(nil, err)
						return
					}
					break
				}
				failing, pause = time.Time{}, firstWatchPause
				if told, ok := any(answer).(resumable); ok && told.GetResumeToken() != "" {
					resume(next, told.GetResumeToken())
				}
				if !yield(answer, nil) {
					return
				}
			}
			if err := sleep(ctx, pause/2+mathrand.N(pause/2)); err != nil {
				yield(nil, fromError(err, ""))
				return
			}
			pause = min(2*pause, longestWatchPause)
		}
	}
}

// broken tells whether a connection ended, here or at a proxy, rather than a service said no.
func broken(err error) bool {
	var failed *Error
	if !errors.As(err, &failed) {
		return false
	}
	switch failed.Code {
	case codes.Unavailable:
		return true
	case codes.Canceled, codes.Unknown, codes.Internal, codes.Unimplemented, codes.DataLoss:
		return failed.Reason == ""
	default:
		return false
	}
}
