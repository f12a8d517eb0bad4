package agentmemory

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	requestIDHeader = "x-request-id"
	mostGrowth      = 8
	shortestPause   = 50 * time.Millisecond
	longestPause    = 30 * time.Second
)

// A caller gives every call what it needs: a deadline, a credential, a name.
type caller struct {
	apiKey  string
	tenant  string
	timeout time.Duration
}

func (c *caller) unary(
	ctx context.Context, method string, request, reply any, connection *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	ctx, cancel := c.bounded(ctx, method)
	defer cancel()
	request = named(request)
	for refusals := 0; ; refusals++ {
		attempt, requestID := c.introduced(ctx)
		err := fromError(invoke(attempt, method, request, reply, connection, options...), requestID)
		wait, again := pause(ctx, err, refusals)
		if !again {
			return err
		}
		if stopped := sleep(ctx, wait); stopped != nil {
			return err
		}
	}
}

func (c *caller) stream(
	ctx context.Context, description *grpc.StreamDesc, connection *grpc.ClientConn, method string,
	open grpc.Streamer, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	// The contract's own time, since a stream lasts as long as its reader.
	ctx, cancel := deadline(ctx, method, 0)
	attempt, requestID := c.introduced(ctx)
	stream, err := open(attempt, description, connection, method, options...)
	if err != nil {
		cancel()
		return nil, fromError(err, requestID)
	}
	return &watchedStream{ClientStream: stream, requestID: requestID, cancel: cancel}, nil
}

// A watchedStream turns what ends a stream into an [Error].
type watchedStream struct {
	grpc.ClientStream

	requestID string
	cancel    context.CancelFunc
}

func (s *watchedStream) RecvMsg(message any) error {
	err := s.ClientStream.RecvMsg(message)
	if err == nil {
		return nil
	}
	s.cancel()
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return fromError(err, s.requestID)
}

// bounded gives a call the time of its context, of the client or of the contract.
func (c *caller) bounded(
	ctx context.Context, method string,
) (context.Context, context.CancelFunc) {
	return deadline(ctx, method, c.timeout)
}

func deadline(
	ctx context.Context, method string, own time.Duration,
) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	if own > 0 {
		return context.WithTimeout(ctx, own)
	}
	if seconds, ok := serviceConfig.Deadlines[method]; ok {
		return context.WithTimeout(ctx, time.Duration(seconds*float64(time.Second)))
	}
	return context.WithCancel(ctx)
}

// introduced says who calls, and under which name the server's log will know the call.
func (c *caller) introduced(ctx context.Context) (context.Context, string) {
	requestID := newULID()
	pairs := []string{requestIDHeader, requestID}
	if c.apiKey != "" {
		pairs = append(pairs, "authorization", "Bearer "+c.apiKey)
	}
	if c.tenant != "" {
		pairs = append(pairs, "x-agent-memory-tenant", c.tenant)
	}
	return metadata.AppendToOutgoingContext(ctx, pairs...), requestID
}

// named gives a change a name of its own, where the caller gave it none; the caller's request stays
// as it is.
func named(request any) any {
	message, ok := request.(proto.Message)
	if !ok {
		return request
	}
	field := message.ProtoReflect().Descriptor().Fields().ByName("request_id")
	if field == nil || field.Kind() != protoreflect.StringKind ||
		message.ProtoReflect().Get(field).String() != "" {
		return request
	}
	copied := proto.Clone(message)
	copied.ProtoReflect().Set(field, protoreflect.ValueOfString(newULID()))
	return copied
}

// pause tells how long to wait for a server that is at its limit, and whether that makes sense.
// Those who were refused together come back spread out, and each time later.
func pause(ctx context.Context, err error, refusals int) (time.Duration, bool) {
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != codes.ResourceExhausted ||
		refused.RetryAfter == 0 ||
		(refused.Reason != "OVERLOADED" && refused.Reason != "QUOTA_EXCEEDED") {
		return 0, false
	}
	growth := 1 << min(refusals, 3)
	base := max(refused.RetryAfter, shortestPause) * time.Duration(min(growth, mostGrowth))
	wait := base + mathrand.N(base)
	left := longestPause
	if due, ok := ctx.Deadline(); ok {
		left = time.Until(due)
	}
	return wait, wait < left
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

const ulidAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newULID makes an identifier that sorts by the time it was made.
func newULID() string {
	var text [26]byte
	moment := time.Now().UnixMilli()
	for position := 9; position >= 0; position-- {
		text[position] = ulidAlphabet[moment%32]
		moment /= 32
	}
	var random [16]byte
	// It fills the bytes or ends the program.
	_, _ = rand.Read(random[:])
	for position, each := range random {
		text[10+position] = ulidAlphabet[each%32]
	}
	return string(text[:])
}
