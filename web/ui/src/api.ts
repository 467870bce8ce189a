// Changes go over the HTTP API, each with the token that only this page can read.
import type { Alarm } from "./wire";

interface Session {
  token: string;
  header: string;
}

let session: Session | null = null;

// acknowledge answers an alarm and returns it as it is then. It throws an Error whose message a person can read.
export async function acknowledge(id: string, by: string, comment: string): Promise<Alarm> {
  const path = `api/v1/alarms/${encodeURIComponent(id)}/acknowledge`;
  let answer = await post(path, { by, comment });
  if (answer.status === 403) {
    session = null; // the monitor was started anew, and its token with it
    answer = await post(path, { by, comment });
  }
  const body: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error((body as { error?: { message?: string } } | null)?.error?.message ?? `the monitor answered ${answer.status}`);
  return body as Alarm;
}

async function post(path: string, body: unknown): Promise<Response> {
  try {
    session ??= (await (await fetch("api/v1/session")).json()) as Session;
    return await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", [session.header]: session.token },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The monitor cannot be reached; the alarm is not acknowledged. Try again once the connection is back.");
  }
}
