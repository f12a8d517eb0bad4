package io.agentmemory.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.ErrorDetailsProto;
import io.agentmemory.common.v1.EraseReceipt;
import io.agentmemory.common.v1.SessionRef;
import io.agentmemory.extraction.v1.ExtractionServiceGrpc;
import io.agentmemory.longtermmemory.v1.ListMemoriesRequest;
import io.agentmemory.longtermmemory.v1.LongTermMemoryServiceGrpc;
import io.agentmemory.longtermmemory.v1.SearchMemoriesRequest;
import io.agentmemory.longtermmemory.v1.WatchMemoriesRequest;
import io.agentmemory.workingmemory.v1.WatchWorkingMemoryRequest;
import io.agentmemory.workingmemory.v1.WorkingMemoryServiceGrpc;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The vectors of all clients. */
class VectorsTest {
  private static final TypeRegistry TYPES =
      TypeRegistry.newBuilder()
          .add(ErrorDetailsProto.getDescriptor().getMessageTypes())
          .build();
  private static final JsonFormat.Printer PRINTER = JsonFormat.printer().usingTypeRegistry(TYPES);
  private static final Pattern VARIABLE = Pattern.compile("\\$([a-z_]+)");

  @TestFactory
  Stream<DynamicTest> everyScenarioAnswersWhatTheVectorsSay() throws IOException {
    return objects(vectors(), "scenarios")
        .map(
            scenario ->
                DynamicTest.dynamicTest(
                    scenario.get("name").getAsString(),
                    () -> {
                      try (AgentMemoryClient memory =
                          AgentMemoryClient.builder(needed("AGENT_MEMORY_ADDRESS")).build()) {
                        Run run = new Run(memory);
                        objects(scenario, "steps").forEach(run::step);
                        run.told.values().forEach(AnswerStream::close);
                      }
                    }));
  }

  @TestFactory
  Stream<DynamicTest> refusedCallsAreMadeAgainWhereThatMayHelp() throws IOException {
    return objects(vectors(), "refusals")
        .map(
            step ->
                DynamicTest.dynamicTest(
                    step.get("name").getAsString(),
                    () -> {
                      try (AgentMemoryClient memory = secured()) {
                        new Run(memory).step(step);
                      }
                    }));
  }

  private static JsonObject vectors() throws IOException {
    String text = Files.readString(Path.of(needed("AGENT_MEMORY_VECTORS")));
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private static String needed(String name) {
    String value = System.getenv(name);
    assertNotNull(value, name + " is not set");
    return value;
  }

  private static AgentMemoryClient secured() throws IOException {
    return AgentMemoryClient.builder(needed("AGENT_MEMORY_REFUSING_ADDRESS"))
        .apiKey(needed("AGENT_MEMORY_API_KEY"))
        .tls(
            TlsChannelCredentials.newBuilder()
                .trustManager(new File(needed("AGENT_MEMORY_CA_FILE")))
                .build())
        .build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://host", "host", "http://host/path", "http://me@host"})
  void addressesThatMeanNothingAreRefused(String address) {
    AgentMemoryClient.Builder builder = AgentMemoryClient.builder(address);
    assertThrows(IllegalArgumentException.class, builder::build);
  }

  private static Stream<JsonObject> objects(JsonObject in, String name) {
    return StreamSupport.stream(in.getAsJsonArray(name).spliterator(), false)
        .map(JsonElement::getAsJsonObject);
  }

  /** One run of a scenario. */
  private static final class Run {
    private final AgentMemoryClient memory;
    private final Map<String, String> saved = new HashMap<>();
    private final Map<String, AnswerStream<? extends Message>> told = new HashMap<>();

    Run(AgentMemoryClient memory) {
      this.memory = memory;
      saved.put("run", "java-" + UUID.randomUUID().toString().substring(0, 12));
    }

    void step(JsonObject step) {
      if (step.has("watch")) {
        open(step);
      } else if (step.has("told")) {
        tell(step);
      } else if (step.has("error")) {
        JsonObject wanted = step.getAsJsonObject("error");
        compare(wanted, assertThrows(MemoryException.class, () -> answer(step)));
      } else {
        JsonElement answer = answer(step);
        match(step.get("answer"), answer, "answer");
        if (step.has("save")) {
          step.getAsJsonObject("save")
              .asMap()
              .forEach((name, path) -> saved.put(name, at(answer, path.getAsString())));
        }
      }
    }

    private static String at(JsonElement answer, String path) {
      JsonElement found = answer;
      for (String key : path.split("\\.")) {
        found = found.getAsJsonObject().get(key);
      }
      return found.getAsString();
    }

    private void compare(JsonObject wanted, MemoryException failed) {
      assertEquals(wanted.get("code").getAsString(), failed.code().name());
      assertEquals(wanted.get("reason").getAsString(), failed.reason());
      String kind = wanted.get("kind").getAsString().replace("_", "");
      assertEquals(kind, failed.getClass().getSimpleName().toLowerCase());
      if (wanted.has("metadata")) {
        JsonObject metadata = new JsonObject();
        failed.metadata().forEach(metadata::addProperty);
        match(wanted.get("metadata"), metadata, "metadata");
      }
      if (wanted.has("fields")) {
        List<String> fields =
            failed.violations().stream().map(MemoryException.FieldViolation::field).sorted().toList();
        List<String> expected =
            wanted.getAsJsonArray("fields").asList().stream().map(JsonElement::getAsString).toList();
        assertEquals(expected, fields);
      }
    }

    private JsonElement answer(JsonObject step) {
      JsonObject request = filled(step.get("request")).getAsJsonObject();
      String call = step.get("call").getAsString();
      JsonObject answer = new JsonObject();
      switch (call) {
        case "WaitForExtraction" -> {
          return json(memory.waitForExtraction(session(request)));
        }
        case "EraseUser" -> {
          List<EraseReceipt> receipts = memory.eraseUser(request.get("userId").getAsString());
          Map<String, Long> totals = new TreeMap<>();
          JsonArray services = new JsonArray();
          for (EraseReceipt receipt : receipts) {
            services.add(receipt.getService());
            receipt.getErasedMap().forEach((kind, n) -> totals.merge(kind, n, Long::sum));
          }
          JsonObject erased = new JsonObject();
          totals.forEach((kind, count) -> erased.addProperty(kind, String.valueOf(count)));
          answer.add("services", services);
          answer.add("erased", erased);
        }
        case "SearchAll" ->
            answer.add(
                "hits",
                all(memory.searchAll(read(request, SearchMemoriesRequest.newBuilder()).build())));
        case "ListAll" ->
            answer.add(
                "memories",
                all(memory.listAll(read(request, ListMemoriesRequest.newBuilder()).build())));
        default -> {
          return call(call, request);
        }
      }
      return answer;
    }

    private static SessionRef session(JsonObject request) {
      return SessionRef.newBuilder().setSessionId(request.get("sessionId").getAsString()).build();
    }

    private static JsonArray all(Iterable<? extends Message> items) {
      JsonArray found = new JsonArray();
      items.forEach(item -> found.add(json(item)));
      return found;
    }

    /** Calls the method of the client that has the name of the contract's. */
    private JsonElement call(String name, JsonObject request) {
      String service = "agent_memory." + name.split("/")[0];
      String method = name.split("/")[1];
      Object client =
          Map.of(
                  WorkingMemoryServiceGrpc.SERVICE_NAME, (Object) memory.workingMemory(),
                  LongTermMemoryServiceGrpc.SERVICE_NAME, memory.longTermMemory(),
                  ExtractionServiceGrpc.SERVICE_NAME, memory.extraction())
              .get(service);
      Method found =
          Arrays.stream(client.getClass().getMethods())
              .filter(each -> each.getName().equalsIgnoreCase(method))
              .findFirst()
              .orElseThrow();
      try {
        Class<?> type = found.getParameterTypes()[0];
        Message.Builder builder = (Message.Builder) type.getMethod("newBuilder").invoke(null);
        return json((Message) found.invoke(client, read(request, builder).build()));
      } catch (InvocationTargetException thrown) {
        if (thrown.getCause() instanceof MemoryException failed) {
          throw failed;
        }
        throw new AssertionError(thrown);
      } catch (ReflectiveOperationException wrong) {
        throw new AssertionError(wrong);
      }
    }

    /** Opens a watch, and waits until the service has begun it: its first answer says so. */
    private void open(JsonObject step) {
      JsonObject request = filled(step.get("request")).getAsJsonObject();
      AnswerStream<? extends Message> answers =
          step.get("watch").getAsString().endsWith("/WatchMemories")
              ? memory.watchMemories(read(request, WatchMemoriesRequest.newBuilder()).build())
              : memory.watchSession(read(request, WatchWorkingMemoryRequest.newBuilder()).build());
      answers.next();
      told.put(step.get("as").getAsString(), answers);
    }

    private void tell(JsonObject step) {
      Iterator<? extends Message> answers = told.get(step.get("told").getAsString());
      for (JsonElement wanted : step.getAsJsonArray("answers")) {
        JsonObject answer = json(answers.next()).getAsJsonObject();
        while (!answer.has("change")) {
          answer = json(answers.next()).getAsJsonObject();
        }
        match(wanted, answer, "change");
      }
    }

    private JsonElement filled(JsonElement value) {
      if (value.isJsonObject()) {
        JsonObject object = new JsonObject();
        value.getAsJsonObject().asMap().forEach((key, each) -> object.add(key, filled(each)));
        return object;
      }
      if (value.isJsonArray()) {
        JsonArray array = new JsonArray();
        value.getAsJsonArray().forEach(each -> array.add(filled(each)));
        return array;
      }
      boolean text = value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
      return text ? new JsonPrimitive(text(value.getAsString())) : value;
    }

    private String text(String written) {
      Matcher matcher = VARIABLE.matcher(written);
      return matcher.replaceAll(
          found ->
              Matcher.quoteReplacement(saved.getOrDefault(found.group(1), found.group())));
    }

    private void match(JsonElement wanted, JsonElement actual, String path) {
      String difference = difference(wanted, actual == null ? JsonNull.INSTANCE : actual, path);
      assertTrue(difference.isEmpty(), difference);
    }

    /** Says how an answer differs from what was expected; empty where it does not. */
    private String difference(JsonElement wanted, JsonElement actual, String path) {
      if (wanted.isJsonObject()) {
        return ofObject(wanted.getAsJsonObject(), actual, path);
      }
      if (wanted.isJsonArray()) {
        JsonArray found = actual.isJsonArray() ? actual.getAsJsonArray() : new JsonArray();
        if (found.size() != wanted.getAsJsonArray().size()) {
          return path + ": " + actual + " is not " + wanted;
        }
        for (int n = 0; n < found.size(); n++) {
          String each = difference(wanted.getAsJsonArray().get(n), found.get(n), path);
          if (!each.isEmpty()) {
            return each;
          }
        }
        return "";
      }
      JsonPrimitive expected = filled(wanted).getAsJsonPrimitive();
      if (expected.isString() && expected.getAsString().equals("$some")) {
        boolean some = actual.isJsonPrimitive() && !List.of("", "0").contains(actual.getAsString());
        return some ? "" : path + " is empty";
      }
      // What has its default is left out of an answer in JSON.
      if (actual.isJsonNull() && List.of("", "0", "false").contains(expected.getAsString())) {
        return "";
      }
      boolean same =
          expected.isNumber()
              ? actual.isJsonPrimitive() && actual.getAsDouble() == expected.getAsDouble()
              : expected.equals(actual);
      return same ? "" : path + ": " + actual + " is not " + expected;
    }

    private String ofObject(JsonObject wanted, JsonElement actual, String path) {
      if (wanted.has("$holds")) {
        for (JsonElement each : wanted.getAsJsonArray("$holds")) {
          boolean held =
              actual.isJsonArray()
                  && actual.getAsJsonArray().asList().stream()
                      .anyMatch(item -> difference(each, item, path).isEmpty());
          if (!held) {
            return path + ": " + actual + " holds no " + each;
          }
        }
        return "";
      }
      JsonObject found = actual.isJsonObject() ? actual.getAsJsonObject() : new JsonObject();
      for (Map.Entry<String, JsonElement> each : wanted.entrySet()) {
        JsonElement value = found.has(each.getKey()) ? found.get(each.getKey()) : JsonNull.INSTANCE;
        String difference = difference(each.getValue(), value, path + "." + each.getKey());
        if (!difference.isEmpty()) {
          return difference;
        }
      }
      return "";
    }

    private static <B extends Message.Builder> B read(JsonObject request, B builder) {
      try {
        JsonFormat.parser().usingTypeRegistry(TYPES).merge(request.toString(), builder);
        return builder;
      } catch (InvalidProtocolBufferException wrong) {
        throw new AssertionError(wrong);
      }
    }

    private static JsonElement json(MessageOrBuilder message) {
      try {
        return JsonParser.parseString(PRINTER.print(message));
      } catch (InvalidProtocolBufferException wrong) {
        throw new AssertionError(wrong);
      }
    }
  }
}
