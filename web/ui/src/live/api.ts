// Calls to the HTTP API. Changes carry the token that only this page can read.

export type Role = "viewer" | "operator" | "engineer";

export interface Session {
  user: string;
  role: Role;
  logins: boolean; // somebody has to log in
  token: string;
  header: string;
  version?: string;
}

// CallError is an answer that is not the one hoped for; its message is for a person to read.
export class CallError extends Error {
  constructor(
    readonly status: number, // 0 when the monitor cannot be reached
    message: string,
  ) {
    super(message);
  }

  // absent says that this program does not have the thing at all.
  get absent(): boolean {
    return this.status === 501;
  }
}

let session: Session | null = null;

// present is the session as last heard, null before.
export function present(): Session | null {
  return session;
}

const ranks: Role[] = ["viewer", "operator", "engineer"];

// may says whether whoever is at this page may do what the role may. It only decides on what is shown; the monitor decides on what is done.
export function may(role: Role): boolean {
  return session !== null && ranks.indexOf(session.role) >= ranks.indexOf(role);
}

// refresh asks who is at this page, null when that is to be found out by a login. While the monitor is away the session stays what it was.
export async function refresh(): Promise<Session | null> {
  session = await get<Session>("session");
  return session.logins && !session.user ? null : session;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return read<T>(await reach(path, signal ? { signal } : {}));
}

export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  return change<T>("POST", path, body);
}

export async function remove<T>(path: string): Promise<T> {
  return change<T>("DELETE", path, undefined);
}

async function change<T>(method: string, path: string, body: unknown): Promise<T> {
  const send = () =>
    reach(path, {
      method,
      headers: { "Content-Type": "application/json", ...(session?.token ? { [session.header]: session.token } : {}) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  if (session === null) await refresh();
  let answer = await send();
  if (answer.status === 403) {
    await refresh(); // the monitor may have been started anew, and its token with it
    answer = await send();
  }
  return read<T>(answer);
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch("api/v1/" + path, init);
  } catch (e) {
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new CallError(0, "The monitor cannot be reached; nothing was changed. Try again once the connection is back.");
  }
}

async function read<T>(answer: Response): Promise<T> {
  if (answer.status === 204) return undefined as T;
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return body as T;
  const said = (body as { error?: { message?: string } } | null)?.error?.message;
  if (answer.status === 501) throw new CallError(501, said ?? "This is not available in this program.");
  throw new CallError(answer.status, said ?? `The monitor answered ${answer.status}.`);
}

// words are what to tell a person of a failure.
export function words(e: unknown): string {
  return e instanceof Error ? e.message : String(e);
}

// superseded says that a call was cancelled because a newer one replaced it.
export function superseded(e: unknown): boolean {
  return e instanceof DOMException && e.name === "AbortError";
}

// path joins parts into a path, each escaped.
export function path(...parts: string[]): string {
  return parts.map(encodeURIComponent).join("/");
}
