import type { ImageFacts } from "../../core/update/index.ts";
import type { Credentials } from "../net/authentication.ts";
import type { RangeReply, RangeRequest, Transport } from "./transport.ts";

/** Where one file lies: the address of the order first, with its credentials, then its mirrors, without any. */
export type FileSource = { url: string; credentials?: Credentials };

/** A transport over several servers that have the same file. */
export type Sources = Transport & {
  /** The address that answered last. */
  readonly current: string;
};

/**
 * Asks the sources in turn: one that cannot be reached, refuses, or has a file of another size is passed over, one that
 * breaks off is left for the next at the same byte. Another server's name for the bytes says nothing; their hash does.
 * @param image what is known of the file, once its header is read
 * @param skip how many sources to leave for last: after damaged bytes, another one is tried first
 */
export function createSources(
  transport: Transport,
  sources: readonly FileSource[],
  image?: Pick<ImageFacts, "size" | "etag" | "source">,
  skip = 0,
): Sources {
  let index = skip % Math.max(1, sources.length);
  const [order] = sources;
  // Who gave the name that is asked for with If-Range.
  const named = image?.source ?? order?.url;
  const at = (position: number): FileSource => {
    const source = sources[position % sources.length];
    if (!source) throw new RangeError("a file needs a source");
    return source;
  };

  const ask = async (request: RangeRequest, source: FileSource): Promise<RangeReply> => {
    const { credentials: _order, ifRange, ...plain } = request;
    const own = source.url === named;
    const reply = await transport.open({
      ...plain,
      ...source,
      ...(own && ifRange !== undefined && { ifRange }),
    });
    if (own || image === undefined || reply.status >= 400) return reply;
    if (reply.total === image.size) return { ...reply, etag: image.etag };
    reply.close();
    return { ...reply, status: 404 };
  };

  return {
    async open(request) {
      let first: { reply: RangeReply } | { error: unknown } | undefined;
      for (let tried = 0; tried < sources.length; tried += 1) {
        const source = at(index);
        try {
          const reply = await ask(request, source);
          if (reply.status < 400 || (reply.status === 416 && source.url === named))
            return { ...reply, body: leaving(reply.body, () => (index += 1)) };
          reply.close();
          first ??= { reply };
        } catch (error) {
          if (request.signal.aborted) throw error;
          first ??= { error };
        }
        index += 1;
      }
      if (first && "reply" in first) return first.reply;
      throw first?.error;
    },
    get current() {
      return at(index).url;
    },
  };
}

async function* leaving(body: AsyncIterable<Uint8Array>, broken: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    broken();
    throw error;
  }
}
