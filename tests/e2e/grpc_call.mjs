// One unary gRPC call, by Node's own HTTP/2: `node grpc_call.mjs http://host:port /pkg.Service/Method`.
// The request's bytes come in on standard input; the status, its details and the answer go out as JSON.
import http2 from "node:http2";
import { buffer } from "node:stream/consumers";

const [origin, path] = process.argv.slice(2);
const message = await buffer(process.stdin);
const prefix = Buffer.alloc(5);
prefix.writeUInt32BE(message.length, 1);

const session = http2.connect(origin);
const call = session.request({
  ":method": "POST",
  ":path": path,
  "content-type": "application/grpc",
  te: "trailers",
});
let metadata = {};
call.on("response", (headers) => (metadata = { ...metadata, ...headers }));
call.on("trailers", (trailers) => (metadata = { ...metadata, ...trailers }));
call.end(Buffer.concat([prefix, message]));
const answer = await buffer(call);
session.close();

console.log(
  JSON.stringify({
    status: Number(metadata["grpc-status"]),
    details: metadata["grpc-status-details-bin"] ?? "",
    message: answer.subarray(5).toString("base64"),
  }),
);
