package agentmemory

import (
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	common "github.com/agent-memory/agent-memory/clients/go/agent_memory/common/v1"
)

// Is makes the condition that a text, or one of a list, is this one. The empty one stands for
// nothing set.
func Is(value string) *common.TagFilter {
	return &common.TagFilter{Eq: &value}
}

// IsNot makes the condition that a text, and each of a list, is another one.
func IsNot(value string) *common.TagFilter {
	return &common.TagFilter{Ne: &value}
}

// AnyOf makes the condition that a text, or one of a list, is one of these.
func AnyOf(values ...string) *common.TagFilter {
	return &common.TagFilter{Any: values}
}

// AllOf makes the condition that a list holds each of these.
func AllOf(values ...string) *common.TagFilter {
	return &common.TagFilter{All: values}
}

// NoneOf makes the condition that a text, and each of a list, is none of these.
func NoneOf(values ...string) *common.TagFilter {
	return &common.TagFilter{None: values}
}

// StartsWith makes the condition that a text, or one of a list, starts with this one.
func StartsWith(prefix string) *common.TagFilter {
	return &common.TagFilter{Prefix: &prefix}
}

// Since makes the condition that a time is this moment or later.
func Since(moment time.Time) *common.TimeFilter {
	return &common.TimeFilter{Gte: timestamppb.New(moment)}
}

// Before makes the condition that a time is earlier than this moment.
func Before(moment time.Time) *common.TimeFilter {
	return &common.TimeFilter{Lt: timestamppb.New(moment)}
}

// Between makes the condition that a time is one moment, another one, or between them.
func Between(first, last time.Time) *common.TimeFilter {
	return &common.TimeFilter{Gte: timestamppb.New(first), Lte: timestamppb.New(last)}
}

// Metadata makes the condition that a text of the metadata fulfils another one; a dot in the path
// leads into an object.
func Metadata(path string, text *common.TagFilter) *common.MetadataFilter {
	return &common.MetadataFilter{Path: path, Text: text}
}

// MetadataNumber makes the condition that a number of the metadata fulfils another one.
func MetadataNumber(path string, number *common.MetadataNumberFilter) *common.MetadataFilter {
	return &common.MetadataFilter{Path: path, Number: number}
}

// At makes the time of an event that is a moment.
func At(moment time.Time) *common.EventTime {
	return &common.EventTime{
		Start: timestamppb.New(moment), Precision: common.TimePrecision_TIME_PRECISION_INSTANT,
	}
}

// OnDay makes the time of an event that is known to the day, in the zone of the moment.
func OnDay(day time.Time) *common.EventTime {
	year, month, date := day.Date()
	start := time.Date(year, month, date, 0, 0, 0, 0, day.Location())
	zone := day.Location().String()
	if zone == "Local" {
		zone = ""
	}
	return &common.EventTime{
		Start: timestamppb.New(start), Precision: common.TimePrecision_TIME_PRECISION_DAY,
		TimeZone: zone,
	}
}

// Object makes metadata, or a session's data, of what JSON can hold.
func Object(fields map[string]any) (*structpb.Struct, error) {
	return structpb.NewStruct(fields)
}

// Mask names the fields that an update changes, by their names in the protos.
func Mask(paths ...string) *fieldmaskpb.FieldMask {
	return &fieldmaskpb.FieldMask{Paths: paths}
}

// Text makes a part of a message that is text.
func Text(text string) *common.ContentPart {
	return &common.ContentPart{Kind: &common.ContentPart_Text{Text: text}}
}

// Refusal makes a part of a message by which a model refuses.
func Refusal(text string) *common.ContentPart {
	return &common.ContentPart{Kind: &common.ContentPart_Refusal{Refusal: text}}
}

// Reasoning makes a part of a message that is a model's reasoning.
func Reasoning(text string) *common.ContentPart {
	return &common.ContentPart{Kind: &common.ContentPart_Reasoning{Reasoning: text}}
}

// Image makes a part of a message that is an image.
func Image(media *common.Media) *common.ContentPart {
	return &common.ContentPart{Kind: &common.ContentPart_Image{Image: media}}
}

// Audio makes a part of a message that is sound.
func Audio(media *common.Media) *common.ContentPart {
	return &common.ContentPart{Kind: &common.ContentPart_Audio{Audio: media}}
}

// File makes a part of a message that is a file.
func File(media *common.Media) *common.ContentPart {
	return &common.ContentPart{Kind: &common.ContentPart_File{File: media}}
}

// ToolUse makes a part of a message by which a model calls a tool.
func ToolUse(call *common.ToolCall) *common.ContentPart {
	return &common.ContentPart{Kind: &common.ContentPart_ToolUse{ToolUse: call}}
}

// ToolResult makes a part of a message that is the answer of a tool.
func ToolResult(result *common.ToolResult) *common.ContentPart {
	return &common.ContentPart{Kind: &common.ContentPart_ToolResult{ToolResult: result}}
}
