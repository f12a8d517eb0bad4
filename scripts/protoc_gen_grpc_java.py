"""Plugin of protoc that writes, for each service, the gRPC stubs and the client of Java.

grpc-java's own plugin is a program for one platform, which not every package registry serves. What
it writes beyond this, for servers and for older compilers, clients do not need.
"""

import sys
from collections.abc import Iterator, Mapping

from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2

_METHOD = 2
"""Number of the field that holds a service's methods, in the paths of comments."""
_SERVICE = 6
"""Number of the field that holds a file's services, in the paths of comments."""
_SAFE = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
_IDEMPOTENT = descriptor_pb2.MethodOptions.IDEMPOTENT

_HEADER = """\
// Generated from {file} by scripts/protoc_gen_grpc_java.py; do not edit.
package {package};

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.AbstractAsyncStub;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.AbstractFutureStub;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;

{comment}public final class {name}Grpc {{

  /** Name of the service. */
  public static final String SERVICE_NAME = "{full_name}";

  private {name}Grpc() {{}}
"""

_DESCRIPTOR = """\
  private static final MethodDescriptor<{types}> {constant} =
      MethodDescriptor.<{types}>newBuilder()
          .setType(MethodDescriptor.MethodType.{kind})
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE_NAME, "{method}"))
          .setIdempotent({idempotent})
          .setSafe({safe})
          .setSampledToLocalTracing(true)
          .setRequestMarshaller(ProtoUtils.marshaller({request}.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller({response}.getDefaultInstance()))
          .build();

  /** Describes the method {method}. */
  public static MethodDescriptor<{types}> get{method}Method() {{
    return {constant};
  }}
"""

_STUB = """\
  /** Makes a stub {purpose}. */
  public static {name}{stub} new{maker}(Channel channel) {{
    return {name}{stub}.newStub({name}{stub}::new, channel);
  }}
"""

_CLASS = """\
  /** Stub {purpose}. */
  public static final class {name}{stub} extends Abstract{base}<{name}{stub}> {{
    private {name}{stub}(Channel channel, CallOptions options) {{
      super(channel, options);
    }}

    @Override
    protected {name}{stub} build(Channel channel, CallOptions options) {{
      return new {name}{stub}(channel, options);
    }}
{methods}  }}
"""

_STUBS = (
    ("Stub", "Stub", "AsyncStub", "whose calls tell an observer"),
    ("BlockingStub", "BlockingStub", "BlockingStub", "whose calls wait for the answer"),
    ("FutureStub", "FutureStub", "FutureStub", "whose calls answer a future"),
)

# Form of a method, by the stub and the kind of the call.
_FORMS = {
    ("BlockingStub", "UNARY"): """\
    public {response} {call}({request} request) {{
      return ClientCalls.blockingUnaryCall(
          getChannel(), {constant}, getCallOptions(), request);
    }}
""",
    ("BlockingStub", "SERVER_STREAMING"): """\
    public Iterator<{response}> {call}({request} request) {{
      return ClientCalls.blockingServerStreamingCall(
          getChannel(), {constant}, getCallOptions(), request);
    }}
""",
    ("FutureStub", "UNARY"): """\
    public ListenableFuture<{response}> {call}({request} request) {{
      return ClientCalls.futureUnaryCall(
          getChannel().newCall({constant}, getCallOptions()), request);
    }}
""",
    ("Stub", "UNARY"): """\
    public void {call}({request} request, StreamObserver<{response}> observer) {{
      ClientCalls.asyncUnaryCall(
          getChannel().newCall({constant}, getCallOptions()), request, observer);
    }}
""",
    ("Stub", "SERVER_STREAMING"): """\
    public void {call}({request} request, StreamObserver<{response}> observer) {{
      ClientCalls.asyncServerStreamingCall(
          getChannel().newCall({constant}, getCallOptions()), request, observer);
    }}
""",
    ("Stub", "CLIENT_STREAMING"): """\
    public StreamObserver<{request}> {call}(StreamObserver<{response}> observer) {{
      return ClientCalls.asyncClientStreamingCall(
          getChannel().newCall({constant}, getCallOptions()), observer);
    }}
""",
}

_CLIENT = """\
// Generated from {file} by scripts/protoc_gen_grpc_java.py; do not edit.
package {package};

import io.agentmemory.client.AnswerStream;
import io.agentmemory.client.Caller;
import java.util.Iterator;

{comment}public final class {name}Client {{
  private final Caller caller;

  /** Makes a client whose calls a caller makes. */
  public {name}Client(Caller caller) {{
    this.caller = caller;
  }}
{methods}}}
"""

_CALLS = {
    "UNARY": """\
  public {response} {call}({request} request) {{
    return caller.unary({service}Grpc.get{method}Method(), request);
  }}
""",
    "SERVER_STREAMING": """\
  public AnswerStream<{response}> {call}({request} request) {{
    return caller.stream({service}Grpc.get{method}Method(), request);
  }}
""",
    "CLIENT_STREAMING": """\
  public {response} {call}(Iterator<{request}> requests) {{
    return caller.upload({service}Grpc.get{method}Method(), requests);
  }}
""",
}


def classes_of(file: descriptor_pb2.FileDescriptorProto) -> Mapping[str, str]:
    """Answer the Java classes of a file's messages, by their full names in the protos."""
    package = file.options.java_package
    return {f".{file.package}.{each.name}": f"{package}.{each.name}" for each in file.message_type}


def kind_of(method: descriptor_pb2.MethodDescriptorProto) -> str:
    """Answer the kind of a method, as grpc-java names it."""
    if method.client_streaming and method.server_streaming:
        return "BIDI_STREAMING"
    if method.client_streaming:
        return "CLIENT_STREAMING"
    return "SERVER_STREAMING" if method.server_streaming else "UNARY"


def constant_of(name: str) -> str:
    """Spell the name of a method as a constant."""
    return "".join(f"_{c}" if c.isupper() and n else c.upper() for n, c in enumerate(name))


def comment(text: str, indent: str = "") -> str:
    """Spell a comment of the protos as one of Java."""
    lines = [line.strip().replace("*/", "*&#47;") for line in text.strip().splitlines()]
    body = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{body}{indent} */\n" if lines else ""


def write_service(
    file: descriptor_pb2.FileDescriptorProto, number: int, classes: Mapping[str, str]
) -> str:
    """Write the class of a service."""
    service = file.service[number]
    told = {tuple(each.path): each.leading_comments for each in file.source_code_info.location}
    names = {"name": service.name, "package": file.options.java_package, "file": file.name}
    parts = [
        _HEADER.format(
            **names,
            full_name=f"{file.package}.{service.name}",
            comment=comment(told.get((_SERVICE, number), "")),
        )
    ]
    values = [dict(_values(method, classes)) for method in service.method]
    parts += [_DESCRIPTOR.format(**each) for each in values]
    for stub, maker, _, purpose in _STUBS:
        parts.append(_STUB.format(**names, stub=stub, maker=maker, purpose=purpose))
    for stub, _, base, purpose in _STUBS:
        methods = [
            f"\n{comment(told.get((_SERVICE, number, _METHOD, n), ''), '    ')}"
            + _FORMS[stub, each["kind"]].format(**each)
            for n, each in enumerate(values)
            if (stub, each["kind"]) in _FORMS
        ]
        parts.append(
            _CLASS.format(**names, stub=stub, base=base, purpose=purpose, methods="".join(methods))
        )
    return "\n".join(parts) + "}\n"


def write_client(
    file: descriptor_pb2.FileDescriptorProto, number: int, classes: Mapping[str, str]
) -> str:
    """Write the client of a service."""
    service = file.service[number]
    told = {tuple(each.path): each.leading_comments for each in file.source_code_info.location}
    methods = [
        f"\n{comment(told.get((_SERVICE, number, _METHOD, n), ''), '  ')}"
        + _CALLS[kind_of(method)].format(service=service.name, **dict(_values(method, classes)))
        for n, method in enumerate(service.method)
    ]
    return _CLIENT.format(
        file=file.name,
        package=file.options.java_package,
        name=service.name,
        comment=comment(told.get((_SERVICE, number), "")),
        methods="".join(methods),
    )


def _values(
    method: descriptor_pb2.MethodDescriptorProto, classes: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield what the forms of a method are filled with."""
    level = method.options.idempotency_level
    request, response = classes[method.input_type], classes[method.output_type]
    yield "method", method.name
    yield "call", method.name[0].lower() + method.name[1:]
    yield "constant", constant_of(method.name)
    yield "kind", kind_of(method)
    yield "request", request
    yield "response", response
    yield "types", f"{request}, {response}"
    yield "safe", str(level == _SAFE).lower()
    yield "idempotent", str(level in {_SAFE, _IDEMPOTENT}).lower()


def answer(asked: plugin_pb2.CodeGeneratorRequest) -> plugin_pb2.CodeGeneratorResponse:
    """Write the classes of all services of the files that were asked for."""
    classes: dict[str, str] = {}
    for file in asked.proto_file:
        classes |= classes_of(file)
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    for file in asked.proto_file:
        if file.name not in asked.file_to_generate:
            continue
        folder = file.options.java_package.replace(".", "/")
        for number, service in enumerate(file.service):
            for kind, write in (("Grpc", write_service), ("Client", write_client)):
                response.file.add(
                    name=f"{folder}/{service.name}{kind}.java",
                    content=write(file, number, classes),
                )
    return response


if __name__ == "__main__":
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(answer(request).SerializeToString())
