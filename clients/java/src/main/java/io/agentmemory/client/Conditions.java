package io.agentmemory.client;

import com.google.protobuf.FieldMask;
import com.google.protobuf.Timestamp;
import io.agentmemory.common.v1.ContentPart;
import io.agentmemory.common.v1.EventTime;
import io.agentmemory.common.v1.Media;
import io.agentmemory.common.v1.MetadataFilter;
import io.agentmemory.common.v1.TagFilter;
import io.agentmemory.common.v1.TimeFilter;
import io.agentmemory.common.v1.TimePrecision;
import io.agentmemory.common.v1.ToolCall;
import io.agentmemory.common.v1.ToolResult;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;

/** Conditions of filters, times, masks and parts of messages, in a word each. */
public final class Conditions {
  private Conditions() {}

  /** Makes the condition that a text, or one of a list, is this one; empty stands for nothing set. */
  public static TagFilter is(String value) {
    return TagFilter.newBuilder().setEq(value).build();
  }

  /** Makes the condition that a text, and each of a list, is another one. */
  public static TagFilter isNot(String value) {
    return TagFilter.newBuilder().setNe(value).build();
  }

  /** Makes the condition that a text, or one of a list, is one of these. */
  public static TagFilter anyOf(String... values) {
    return TagFilter.newBuilder().addAllAny(List.of(values)).build();
  }

  /** Makes the condition that a list holds each of these. */
  public static TagFilter allOf(String... values) {
    return TagFilter.newBuilder().addAllAll(List.of(values)).build();
  }

  /** Makes the condition that a text, and each of a list, is none of these. */
  public static TagFilter noneOf(String... values) {
    return TagFilter.newBuilder().addAllNone(List.of(values)).build();
  }

  /** Makes the condition that a text, or one of a list, starts with this one. */
  public static TagFilter startsWith(String prefix) {
    return TagFilter.newBuilder().setPrefix(prefix).build();
  }

  /** Makes the condition that a time is this moment or later. */
  public static TimeFilter since(Instant moment) {
    return TimeFilter.newBuilder().setGte(timestamp(moment)).build();
  }

  /** Makes the condition that a time is earlier than this moment. */
  public static TimeFilter before(Instant moment) {
    return TimeFilter.newBuilder().setLt(timestamp(moment)).build();
  }

  /** Makes the condition that a time is one moment, another one, or between them. */
  public static TimeFilter between(Instant first, Instant last) {
    return TimeFilter.newBuilder().setGte(timestamp(first)).setLte(timestamp(last)).build();
  }

  /** Makes the condition on a text of the metadata; a dot in the path leads into an object. */
  public static MetadataFilter metadata(String path, TagFilter text) {
    return MetadataFilter.newBuilder().setPath(path).setText(text).build();
  }

  /** Makes the time of an event that is a moment. */
  public static EventTime at(Instant moment) {
    return EventTime.newBuilder()
        .setStart(timestamp(moment))
        .setPrecision(TimePrecision.TIME_PRECISION_INSTANT)
        .build();
  }

  /** Makes the time of an event that is known to the day. */
  public static EventTime onDay(LocalDate day, ZoneId zone) {
    return EventTime.newBuilder()
        .setStart(timestamp(day.atStartOfDay(zone).toInstant()))
        .setPrecision(TimePrecision.TIME_PRECISION_DAY)
        .setTimeZone(zone.getId())
        .build();
  }

  /** Converts a moment. */
  public static Timestamp timestamp(Instant moment) {
    return Timestamp.newBuilder()
        .setSeconds(moment.getEpochSecond())
        .setNanos(moment.getNano())
        .build();
  }

  /** Reads a moment. */
  public static Instant instant(Timestamp moment) {
    return Instant.ofEpochSecond(moment.getSeconds(), moment.getNanos());
  }

  /** Names the fields that an update changes, by their names in the protos. */
  public static FieldMask mask(String... paths) {
    return FieldMask.newBuilder().addAllPaths(List.of(paths)).build();
  }

  /** Makes a part of a message that is text. */
  public static ContentPart text(String text) {
    return ContentPart.newBuilder().setText(text).build();
  }

  /** Makes a part of a message that is an image. */
  public static ContentPart image(Media media) {
    return ContentPart.newBuilder().setImage(media).build();
  }

  /** Makes a part of a message that is a file. */
  public static ContentPart file(Media media) {
    return ContentPart.newBuilder().setFile(media).build();
  }

  /** Makes a part of a message by which a model calls a tool. */
  public static ContentPart toolUse(ToolCall call) {
    return ContentPart.newBuilder().setToolUse(call).build();
  }

  /** Makes a part of a message that is the answer of a tool. */
  public static ContentPart toolResult(ToolResult result) {
    return ContentPart.newBuilder().setToolResult(result).build();
  }
}
