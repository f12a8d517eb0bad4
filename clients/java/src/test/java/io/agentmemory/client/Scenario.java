package io.agentmemory.client;

import io.agentmemory.common.v1.Memory;
import io.agentmemory.common.v1.MemoryFilter;
import io.agentmemory.common.v1.MemoryType;
import io.agentmemory.common.v1.Message;
import io.agentmemory.common.v1.SearchQuery;
import io.agentmemory.common.v1.SessionRef;
import io.agentmemory.common.v1.TypeFilter;
import io.agentmemory.longtermmemory.v1.CreateMemoriesRequest;
import io.agentmemory.longtermmemory.v1.DeleteMemoriesRequest;
import io.agentmemory.longtermmemory.v1.GetMemoryRequest;
import io.agentmemory.longtermmemory.v1.ListMemoriesRequest;
import io.agentmemory.longtermmemory.v1.SearchMemoriesRequest;
import io.agentmemory.longtermmemory.v1.UpdateMemoryRequest;
import io.agentmemory.workingmemory.v1.AppendMessagesRequest;
import io.agentmemory.workingmemory.v1.BuildMemoryPromptRequest;
import io.agentmemory.workingmemory.v1.GetWorkingMemoryRequest;
import io.agentmemory.workingmemory.v1.LongTermSearch;
import io.agentmemory.workingmemory.v1.PromptSession;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Does what a newcomer does first, and prints what came of each step. */
final class Scenario {
  private final AgentMemoryClient memory;
  private final String name;
  private final MemoryFilter mine;

  private Scenario(AgentMemoryClient memory, String name) {
    this.memory = memory;
    this.name = name;
    this.mine = MemoryFilter.newBuilder().setUserId(Conditions.is(name)).build();
  }

  public static void main(String[] arguments) {
    try (var memory = AgentMemoryClient.builder(System.getenv("AGENT_MEMORY_ADDRESS")).build()) {
      new Scenario(memory, System.getenv("AGENT_MEMORY_SCENARIO")).run();
    }
  }

  private void run() {
    var texts = List.of("User drinks oolong tea", "User cycles to work");
    var results = new ArrayList<String>();
    results.add(pair("stored", list(stored(texts))));
    results.add(pair("stored again", list(stored(texts.subList(0, 1)))));
    var query = SearchQuery.newBuilder().setText("Which tea?").setFilter(mine);
    var search = SearchMemoriesRequest.newBuilder().setQuery(query).build();
    var best = memory.longTermMemory().searchMemories(search).getHits(0).getMemory();
    results.add(pair("found", text(best.getText())));
    results.add(pair("listed", list(listed())));
    var changed = Memory.newBuilder().setId(best.getId()).setText("User drinks green tea");
    var update =
        UpdateMemoryRequest.newBuilder().setMemory(changed).setUpdateMask(Conditions.mask("text"));
    var edited = memory.longTermMemory().updateMemory(update.build()).getMemory();
    results.add(pair("edited", text(edited.getText())));
    var message = Message.newBuilder().setRole("user").setContent("I am allergic to peanuts.");
    var append = AppendMessagesRequest.newBuilder().setSessionId(name).setUserId(name);
    memory.workingMemory().appendMessages(append.addMessages(message).build());
    var read = GetWorkingMemoryRequest.newBuilder().setSessionId(name).setUserId(name).build();
    var session = memory.workingMemory().getWorkingMemory(read).getWorkingMemory();
    results.add(
        pair(
            "said",
            list(
                session.getMessagesList().stream()
                    .map(each -> each.getRole() + ": " + each.getContent())
                    .toList())));
    memory.waitForExtraction(SessionRef.newBuilder().setSessionId(name).build());
    results.add(pair("learned", list(listed())));
    var about = LongTermSearch.newBuilder().setQuery(SearchQuery.newBuilder().setFilter(mine));
    var asked =
        BuildMemoryPromptRequest.newBuilder()
            .setQuery("What must I avoid?")
            .setSession(PromptSession.newBuilder().setSessionId(name).setUserId(name))
            .setLongTermSearch(about)
            .build();
    var prompt = memory.workingMemory().buildMemoryPrompt(asked).getMessagesList();
    var last = prompt.get(prompt.size() - 1);
    results.add(pair("last of the prompt", text(last.getRole() + ": " + last.getContent())));
    var knows =
        prompt.stream().anyMatch(each -> each.getContent().contains("User is allergic to peanuts"));
    results.add(pair("prompt knows", String.valueOf(knows)));
    results.add(pair("missing", text(missing())));
    memory
        .longTermMemory()
        .deleteMemories(DeleteMemoriesRequest.newBuilder().addMemoryIds(best.getId()).build());
    results.add(pair("not forgotten", list(listed())));
    System.out.println("{" + String.join(",", results) + "}");
  }

  private List<String> stored(List<String> texts) {
    var request = CreateMemoriesRequest.newBuilder();
    for (String each : texts) {
      request.addMemories(Memory.newBuilder().setText(each).setUserId(name));
    }
    return memory.longTermMemory().createMemories(request.build()).getResultsList().stream()
        .map(each -> each.getOutcome().name().replace("CREATE_OUTCOME_", ""))
        .map(each -> each.toLowerCase(Locale.ROOT))
        .toList();
  }

  private List<String> listed() {
    var found = new ArrayList<String>();
    var types =
        TypeFilter.newBuilder()
            .addAny(MemoryType.MEMORY_TYPE_SEMANTIC)
            .addAny(MemoryType.MEMORY_TYPE_EPISODIC);
    var stated = mine.toBuilder().setType(types);
    for (Memory each : memory.listAll(ListMemoriesRequest.newBuilder().setFilter(stated).build())) {
      found.add(each.getText());
    }
    Collections.sort(found);
    return found;
  }

  private String missing() {
    try {
      memory.longTermMemory().getMemory(GetMemoryRequest.newBuilder().setMemoryId("nobody").build());
      return "found";
    } catch (MemoryException.NotFound expected) {
      return "not found";
    }
  }

  private static String pair(String step, String result) {
    return text(step) + ":" + result;
  }

  private static String list(List<String> texts) {
    return texts.stream().map(Scenario::text).collect(Collectors.joining(",", "[", "]"));
  }

  private static String text(String text) {
    return '"' + text + '"';
  }
}
