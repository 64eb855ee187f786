// The one place that talks to the server: JSON in and out, problems as errors, the session's end announced.

const BASE = '/api/v1';
/** A thin link may take long; a request that takes longer than this has been lost. */
const TIMEOUT_MS = 30_000;
/** A file of several megabytes over the same link. */
const UPLOAD_MS = 300_000;

/** A request that failed, with what the server said (RFC 9457) or why it could not be reached. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly params: Record<string, unknown>;
  readonly traceId: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, body: Partial<ProblemBody>, retryAfter: string | null = null, cause?: unknown) {
    super(body.detail ?? body.title ?? `status ${status}`, { cause });
    this.name = 'Problem';
    this.status = status;
    this.code = body.code ?? (status === 0 ? 'unreachable' : 'unexpected');
    this.params = body.params ?? {};
    this.traceId = body.trace_id ?? null;
    this.retryAfterSeconds =
      retryAfter === null || Number.isNaN(Number(retryAfter)) ? null : Number(retryAfter);
  }
}

interface ProblemBody {
  title: string;
  code: string;
  detail: string;
  params: Record<string, unknown>;
  trace_id: string;
}

export type Query = Record<string, string | number | null | undefined>;

export interface Request {
  query?: Query;
  body?: unknown;
  /** A file, sent as it is in place of a body. */
  file?: Blob;
  /** The version that the change was made against. */
  ifMatch?: number;
  signal?: AbortSignal | undefined;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

let signedOut: () => void = () => {};

/** Who is told when the server no longer knows the session. */
export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

/** The query string of a request: empty and absent values are left out. */
export function queryString(query: Query = {}): string {
  const pairs = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  return new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
}

export async function call<T>(method: Method, path: string, request: Request = {}): Promise<T> {
  const query = queryString(request.query);
  const response = await send(`${BASE}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    headers: headers(method, request),
    body: request.file ?? (request.body === undefined ? null : JSON.stringify(request.body)),
    credentials: 'same-origin',
    signal: within(request.signal, request.file ? UPLOAD_MS : TIMEOUT_MS),
  });
  if (!response.ok) throw await problem(response, path);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

function headers(method: Method, { body, file, ifMatch }: Request): Record<string, string> {
  return {
    accept: 'application/json',
    // A page of another origin cannot set this header without asking first: it guards against forged requests.
    ...(method === 'GET' ? {} : { 'x-prohori-request': '1' }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(file === undefined ? {} : { 'content-type': 'application/octet-stream' }),
    ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
  };
}

function within(signal: AbortSignal | undefined, ms: number): AbortSignal {
  const timeout = AbortSignal.timeout(ms);
  return signal && 'any' in AbortSignal ? AbortSignal.any([signal, timeout]) : timeout;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(0, { code: 'unreachable' }, null, error);
  }
}

async function problem(response: Response, path: string): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Partial<ProblemBody>;
  const found = new Problem(response.status, body, response.headers.get('retry-after'));
  // Signing in answers 401 to a wrong password, which ends no session.
  if (found.status === 401 && path !== '/session') signedOut();
  return found;
}
