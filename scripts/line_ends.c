// Refuses lines of HTTP/1 that end with LF alone, before Envoy, which takes them, has read them.
//
// A network filter by the Proxy-Wasm interface. It follows the messages of a connection: their
// heads and trailers line by line, their bodies by their length. Where a line ends with LF alone,
// what Envoy answers with 400 is passed on in its place, and nothing after it. What is no
// HTTP/1, or has a length that Envoy refuses itself, is passed on as it is.

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))

IMPORT(proxy_get_buffer_bytes)
u32 get_bytes(u32 buffer, u32 start, u32 most, u8 **bytes, u32 *length);
IMPORT(proxy_set_buffer_bytes)
u32 set_bytes(u32 buffer, u32 start, u32 length, const u8 *bytes, u32 given);

enum { DOWNSTREAM = 2, CONTINUE = 0 };
enum { MOST_CONNECTIONS = 16384, BUCKETS = 4096, NONE = 0xffffffff };
enum { CHUNK = 16384, BEFORE = 65536, KEPT = 40, TAILS = 5 };
// What comes next on a connection.
enum { FIRST_LINE, HEADER, BODY, CHUNK_SIZE, CHUNK_BODY, CHUNK_END, TRAILER, ANYTHING };

// A NUL in a head and a lone CR behind the size of a chunk are refused by Envoy.
static const u8 REFUSED[] = {0, '\r', 0, '\r', '\n', '\r', '\n'};

// What stood behind a message when it was passed on, or came alone while one was not answered yet.
// Envoy reads it once the message is answered, and until then keeps it, so that it comes here again
// with what has arrived meanwhile.
typedef struct {
  u32 length;
  u64 hash;
} Tail;

typedef struct {
  u32 id, next;    // of the connection, and the next in its bucket or in the list of free ones
  u64 left;        // bytes of a body
  u8 state, begun; // begun: a line has been read
  u8 cr, chunked, sized, odd;
  u32 length;      // of the line so far
  u8 line[KEPT];   // its first characters, in small letters
  u32 tails;
  Tail tail[TAILS];
} Connection;

static Connection connections[MOST_CONNECTIONS];
static u32 buckets[BUCKETS];
static u32 unused;
static u8 chunk[CHUNK];
static u8 refusal[BEFORE + sizeof REFUSED];

static Connection *find(u32 id) {
  for (u32 at = buckets[id % BUCKETS]; at != NONE; at = connections[at].next)
    if (connections[at].id == id) return &connections[at];
  return 0;
}

static int begins(const Connection *c, const char *word) {
  for (u32 at = 0; word[at]; at++)
    if (at >= c->length || at >= KEPT || c->line[at] != (u8)word[at]) return 0;
  return 1;
}

// The value of a header whose name has so many characters with its colon; 0 at its end.
static u8 value_at(const Connection *c, u32 at) {
  return at < c->length && at < KEPT ? c->line[at] : 0;
}

static u32 value_from(const Connection *c, u32 at) {
  while (value_at(c, at) == ' ' || value_at(c, at) == '\t') at++;
  return at;
}

static int ends(const Connection *c, u32 at) {
  at = value_from(c, at);
  return c->length <= KEPT && at >= c->length;
}

static void read_length(Connection *c) {
  u32 from = value_from(c, 15), at = from;
  u64 length = 0;
  c->odd |= c->sized;
  for (; value_at(c, at) >= '0' && value_at(c, at) <= '9'; at++)
    length = 10 * length + (value_at(c, at) - '0');
  // A number of more digits is larger than any body.
  c->odd |= !ends(c, at) || at == from || at - from > 19;
  c->sized = 1;
  c->left = length;
}

static void read_coding(Connection *c) {
  u32 at = value_from(c, 18);
  const char *word = "chunked";
  for (; *word && value_at(c, at) == (u8)*word; word++) at++;
  c->odd |= *word || !ends(c, at) || c->chunked;
  c->chunked = 1;
}

static void read_size(Connection *c) {
  u64 size = 0;
  u32 at = 0;
  for (;; at++) {
    u8 digit = value_at(c, at);
    if (digit >= '0' && digit <= '9') size = 16 * size + (digit - '0');
    else if (digit >= 'a' && digit <= 'f') size = 16 * size + (digit - 'a' + 10);
    else break;
  }
  // Envoy refuses it too.
  if (at == 0 || at > 15) c->state = ANYTHING;
  else if (size == 0) c->state = TRAILER;
  else c->state = CHUNK_BODY, c->left = size;
}

// A line is complete, without the characters that end it.
static void read_line(Connection *c) {
  switch (c->state) {
    case FIRST_LINE:
      if (c->length == 0) break;
      if ((!c->begun && begins(c, "pri * http/2.0")) || begins(c, "connect ")) c->state = ANYTHING;
      else c->state = HEADER;
      c->begun = 1;
      c->left = c->chunked = c->sized = c->odd = 0;
      break;
    case HEADER:
      if (c->length) {
        if (begins(c, "content-length:")) read_length(c);
        else if (begins(c, "transfer-encoding:")) read_coding(c);
        else c->odd |= c->line[0] == ' ' || c->line[0] == '\t';
      } else if (c->odd || (c->chunked && c->sized)) c->state = ANYTHING;
      else if (c->chunked) c->state = CHUNK_SIZE;
      else c->state = c->left ? BODY : FIRST_LINE;
      break;
    case CHUNK_SIZE:
      read_size(c);
      break;
    case CHUNK_END:
      c->state = c->length ? ANYTHING : CHUNK_SIZE;
      break;
    case TRAILER:
      if (c->length == 0) c->state = FIRST_LINE;
  }
  c->length = 0;
}

// Reads bytes of lines up to a body or the end of a message, which sets `ended`; the number of bytes
// read. Before the last of them stands no LF alone, unless `refused` is set.
static u32 read_lines(Connection *c, const u8 *bytes, u32 length, u8 *ended, u8 *refused) {
  u32 at = 0;
  while (at < length && c->state != BODY && c->state != CHUNK_BODY && c->state < ANYTHING) {
    u8 byte = bytes[at];
    if (byte == '\n') {
      u8 before = c->state;
      *refused = !c->cr;
      if (*refused) return at;
      c->cr = 0;
      read_line(c);
      *ended = c->state == FIRST_LINE && before != FIRST_LINE;
      if (*ended) return at + 1;
    } else {
      if (c->cr) c->length++; // A CR within the line.
      c->cr = byte == '\r';
      if (!c->cr) {
        if (c->length < KEPT) c->line[c->length] = byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
        c->length++;
      }
    }
    at++;
  }
  return at;
}

// Reads some of what has arrived into `chunk`; the number of bytes, 0 where that fails.
static u32 fetch(u32 at, u32 end) {
  u8 *bytes = 0;
  u32 length = 0;
  u32 most = end - at < CHUNK ? end - at : CHUNK;
  return get_bytes(DOWNSTREAM, at, most, &bytes, &length) || bytes != chunk ? 0 : length;
}

// Passes on what came before the line's end, where that is little, and what Envoy refuses.
static void refuse(u32 before, u32 size) {
  u32 length = 0;
  while (before <= BEFORE && length < before) {
    u32 more = fetch(length, before);
    if (!more) break;
    for (u32 at = 0; at < more; at++) refusal[length++] = chunk[at];
  }
  for (u32 at = 0; at < sizeof REFUSED; at++) refusal[length++] = REFUSED[at];
  set_bytes(DOWNSTREAM, 0, size, refusal, length);
}

EXPORT(proxy_abi_version_0_2_1) void abi_version(void) {}
EXPORT(proxy_on_memory_allocate) u8 *on_allocate(u32 size) { return size <= CHUNK ? chunk : 0; }
EXPORT(proxy_on_vm_start) u32 on_vm_start(u32 context, u32 size) {
  for (u32 at = 0; at < BUCKETS; at++) buckets[at] = NONE;
  for (u32 at = 0; at < MOST_CONNECTIONS; at++) connections[at].next = at + 1;
  connections[MOST_CONNECTIONS - 1].next = NONE;
  return 1;
}
EXPORT(proxy_on_configure) u32 on_configure(u32 context, u32 size) { return 1; }
EXPORT(proxy_on_context_create) void on_create(u32 context, u32 parent) {}
EXPORT(proxy_on_done) u32 on_done(u32 context) { return 1; }

EXPORT(proxy_on_new_connection) u32 on_connection(u32 context) {
  if (unused == NONE) return CONTINUE;
  Connection *c = &connections[unused];
  unused = c->next;
  *c = (Connection){.id = context, .next = buckets[context % BUCKETS]};
  buckets[context % BUCKETS] = (u32)(c - connections);
  return CONTINUE;
}

EXPORT(proxy_on_delete) void on_delete(u32 context) {
  for (u32 *at = &buckets[context % BUCKETS]; *at != NONE; at = &connections[*at].next) {
    Connection *c = &connections[*at];
    if (c->id == context) {
      u32 index = *at;
      *at = c->next;
      c->next = unused;
      unused = index;
      return;
    }
  }
}

static u64 hash(u32 from, u32 to) {
  u64 found = 0xcbf29ce484222325;
  while (from < to) {
    u32 length = fetch(from, to);
    if (!length) return 0;
    for (u32 at = 0; at < length; at++) found = (found ^ chunk[at]) * 0x100000001b3;
    from += length;
  }
  return found;
}

// Begins anew with a message that was here before, where Envoy kept one.
static void rewind(Connection *c, u32 size) {
  for (u32 at = 0; at < c->tails; at++)
    if (c->tail[at].length <= size && hash(0, c->tail[at].length) == c->tail[at].hash) {
      c->state = FIRST_LINE;
      c->length = c->cr = 0;
      break;
    }
  c->tails = 0;
}

EXPORT(proxy_on_downstream_data) u32 on_data(u32 context, u32 size, u32 end) {
  Connection *c = find(context);
  if (!c || c->state == ANYTHING) return CONTINUE;
  rewind(c, size);
  if (c->begun && c->state == FIRST_LINE && !c->length && !c->cr) c->tail[c->tails++].length = size;
  u32 at = 0;
  while (at < size && c->state < ANYTHING) {
    u8 before = c->state, ended = 0;
    if (before == BODY || before == CHUNK_BODY) {
      u32 step = c->left < size - at ? (u32)c->left : size - at;
      c->left -= step;
      at += step;
      if (c->left == 0) c->state = before == BODY ? FIRST_LINE : CHUNK_END;
      ended = c->state == FIRST_LINE;
    } else {
      u8 refused = 0;
      u32 length = fetch(at, size);
      if (length == 0) c->state = ANYTHING;
      at += read_lines(c, chunk, length, &ended, &refused);
      if (refused) {
        refuse(at, size);
        c->state = ANYTHING;
      }
    }
    if (ended && at < size) {
      if (c->tails == TAILS) c->state = ANYTHING;
      else c->tail[c->tails++].length = size - at;
    }
  }
  for (u32 tail = 0; tail < c->tails; tail++)
    c->tail[tail].hash = hash(size - c->tail[tail].length, size);
  return CONTINUE;
}
