// Generated from the protos by scripts/generate.py; do not edit.
export const serviceConfig = {
  "deadlines_seconds": {
    "/agent_memory.extraction.v1.ExtractionService/SubmitMessages": 5.0,
    "/agent_memory.extraction.v1.ExtractionService/BatchSubmitMessages": 5.0,
    "/agent_memory.extraction.v1.ExtractionService/ExtractMemories": 60.0,
    "/agent_memory.extraction.v1.ExtractionService/Summarize": 60.0,
    "/agent_memory.extraction.v1.ExtractionService/GetJob": 5.0,
    "/agent_memory.extraction.v1.ExtractionService/ListJobs": 10.0,
    "/agent_memory.extraction.v1.ExtractionService/RetryJob": 5.0,
    "/agent_memory.extraction.v1.ExtractionService/CancelJob": 5.0,
    "/agent_memory.extraction.v1.ExtractionService/GetStatistics": 10.0,
    "/agent_memory.extraction.v1.ExtractionService/CreateSummaryView": 5.0,
    "/agent_memory.extraction.v1.ExtractionService/GetSummaryView": 5.0,
    "/agent_memory.extraction.v1.ExtractionService/ListSummaryViews": 5.0,
    "/agent_memory.extraction.v1.ExtractionService/UpdateSummaryView": 5.0,
    "/agent_memory.extraction.v1.ExtractionService/DeleteSummaryView": 5.0,
    "/agent_memory.extraction.v1.ExtractionService/RunSummaryView": 5.0,
    "/agent_memory.extraction.v1.ExtractionService/RunSummaryViewPartition": 60.0,
    "/agent_memory.extraction.v1.ExtractionService/ListSummaryViewPartitions": 10.0,
    "/agent_memory.extraction.v1.ExtractionService/ForgetSession": 10.0,
    "/agent_memory.extraction.v1.ExtractionService/EraseUser": 60.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/CreateMemories": 30.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/GetMemory": 5.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/BatchGetMemories": 5.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/ListMemories": 10.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/CountMemories": 10.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/ListFieldValues": 30.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/SearchMemories": 30.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/StreamSearchMemories": 120.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/UpdateMemory": 10.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/DeleteMemories": 10.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/DeleteMemoriesByFilter": 60.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/UpdateMemoriesByFilter": 60.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/ListMemoryRevisions": 10.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/RevertMemory": 10.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/ForgetMemories": 120.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/CompactMemories": 120.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/ImportMemories": 3600.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/ExportMemories": 3600.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/ForgetSession": 30.0,
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/EraseUser": 60.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/GetOrCreateWorkingMemory": 5.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/GetWorkingMemory": 5.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/SetWorkingMemory": 30.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/AppendMessages": 5.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/AddMemories": 5.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/UpdateWorkingMemory": 5.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/ForkWorkingMemory": 60.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/DeleteWorkingMemory": 30.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/ListSessions": 10.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/ListMessages": 10.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/BuildMemoryPrompt": 30.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/GetPrincipal": 5.0,
    "/agent_memory.working_memory.v1.WorkingMemoryService/EraseUser": 60.0
  },
  "named_by_request_id": [
    "/agent_memory.extraction.v1.ExtractionService/RetryJob",
    "/agent_memory.extraction.v1.ExtractionService/CancelJob",
    "/agent_memory.extraction.v1.ExtractionService/CreateSummaryView",
    "/agent_memory.extraction.v1.ExtractionService/UpdateSummaryView",
    "/agent_memory.extraction.v1.ExtractionService/DeleteSummaryView",
    "/agent_memory.extraction.v1.ExtractionService/RunSummaryView",
    "/agent_memory.extraction.v1.ExtractionService/RunSummaryViewPartition",
    "/agent_memory.extraction.v1.ExtractionService/ForgetSession",
    "/agent_memory.extraction.v1.ExtractionService/EraseUser",
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/CreateMemories",
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/UpdateMemory",
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/DeleteMemories",
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/DeleteMemoriesByFilter",
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/UpdateMemoriesByFilter",
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/RevertMemory",
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/ForgetMemories",
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/CompactMemories",
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/ForgetSession",
    "/agent_memory.long_term_memory.v1.LongTermMemoryService/EraseUser",
    "/agent_memory.working_memory.v1.WorkingMemoryService/SetWorkingMemory",
    "/agent_memory.working_memory.v1.WorkingMemoryService/AppendMessages",
    "/agent_memory.working_memory.v1.WorkingMemoryService/AddMemories",
    "/agent_memory.working_memory.v1.WorkingMemoryService/UpdateWorkingMemory",
    "/agent_memory.working_memory.v1.WorkingMemoryService/ForkWorkingMemory",
    "/agent_memory.working_memory.v1.WorkingMemoryService/DeleteWorkingMemory",
    "/agent_memory.working_memory.v1.WorkingMemoryService/EraseUser"
  ],
  "service_config": {
    "loadBalancingConfig": [
      {
        "round_robin": {}
      }
    ],
    "methodConfig": [
      {
        "name": [
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "ExtractMemories"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "Summarize"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "GetJob"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "ListJobs"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "GetStatistics"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "GetSummaryView"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "ListSummaryViews"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "ListSummaryViewPartitions"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "GetMemory"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "BatchGetMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "ListMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "CountMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "ListFieldValues"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "SearchMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "ListMemoryRevisions"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "GetWorkingMemory"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "ListSessions"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "ListMessages"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "BuildMemoryPrompt"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "GetPrincipal"
          }
        ],
        "retryPolicy": {
          "maxAttempts": 4,
          "initialBackoff": "0.1s",
          "maxBackoff": "2s",
          "backoffMultiplier": 2,
          "retryableStatusCodes": [
            "UNAVAILABLE",
            "CANCELLED"
          ]
        }
      },
      {
        "name": [
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "SubmitMessages"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "BatchSubmitMessages"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "GetOrCreateWorkingMemory"
          }
        ],
        "retryPolicy": {
          "maxAttempts": 4,
          "initialBackoff": "0.1s",
          "maxBackoff": "2s",
          "backoffMultiplier": 2,
          "retryableStatusCodes": [
            "UNAVAILABLE"
          ]
        }
      }
    ]
  },
  "named_calls_service_config": {
    "loadBalancingConfig": [
      {
        "round_robin": {}
      }
    ],
    "methodConfig": [
      {
        "name": [
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "ExtractMemories"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "Summarize"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "GetJob"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "ListJobs"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "GetStatistics"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "GetSummaryView"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "ListSummaryViews"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "ListSummaryViewPartitions"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "GetMemory"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "BatchGetMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "ListMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "CountMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "ListFieldValues"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "SearchMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "ListMemoryRevisions"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "GetWorkingMemory"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "ListSessions"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "ListMessages"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "BuildMemoryPrompt"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "GetPrincipal"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "SubmitMessages"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "BatchSubmitMessages"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "GetOrCreateWorkingMemory"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "RetryJob"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "CancelJob"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "CreateSummaryView"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "UpdateSummaryView"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "DeleteSummaryView"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "RunSummaryView"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "RunSummaryViewPartition"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "ForgetSession"
          },
          {
            "service": "agent_memory.extraction.v1.ExtractionService",
            "method": "EraseUser"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "CreateMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "UpdateMemory"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "DeleteMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "DeleteMemoriesByFilter"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "UpdateMemoriesByFilter"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "RevertMemory"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "ForgetMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "CompactMemories"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "ForgetSession"
          },
          {
            "service": "agent_memory.long_term_memory.v1.LongTermMemoryService",
            "method": "EraseUser"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "SetWorkingMemory"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "AppendMessages"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "AddMemories"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "UpdateWorkingMemory"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "ForkWorkingMemory"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "DeleteWorkingMemory"
          },
          {
            "service": "agent_memory.working_memory.v1.WorkingMemoryService",
            "method": "EraseUser"
          }
        ],
        "retryPolicy": {
          "maxAttempts": 4,
          "initialBackoff": "0.1s",
          "maxBackoff": "2s",
          "backoffMultiplier": 2,
          "retryableStatusCodes": [
            "UNAVAILABLE",
            "CANCELLED"
          ]
        }
      }
    ]
  }
};
