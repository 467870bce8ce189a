// What people do to alarms: acknowledge, shelve, take back from the shelf, judge. Each asks first, and each answer is told to the whole page.
import { ask, type Field } from "../kit/dialog";
import { figure, utc } from "../kit/text";
import { path, post, present } from "../live/api";
import type { Store } from "../live/store";
import type { Alarm } from "../live/wire";
import { unanswered } from "./state";

const atOnce = 200; // alarms in one request
const nameKey = "crackle.name";

// who asks for a name where there are no logins; with them the monitor knows.
export function who(): Field[] {
  if (present()?.logins) return [];
  return [{ name: "by", label: "Your name", value: remembered(), required: "Please say who does this.", attrs: { autocomplete: "name" } }];
}

const comment: Field = { name: "comment", label: "Comment (may be left empty)", kind: "text" };

function about(a: Alarm, title: string): string {
  const against = a.kind === "score" ? ` Score ${figure(a.score)} against limit ${figure(a.limit)}.` : "";
  return `${title}, since ${utc(a.onset_time)}${a.part ? `, part ${a.part}` : ""}.${against} ${a.what}`;
}

export function signed(values: Record<string, string>): { comment: string; by?: string } {
  if (values["by"]) remember(values["by"]);
  return { comment: values["comment"] ?? "", ...(values["by"] ? { by: values["by"] } : {}) };
}

export function acknowledge(store: Store, a: Alarm): void {
  ask({
    title: "Acknowledge alarm",
    about: about(a, store.titleOf(a.stream)),
    fields: [...who(), comment],
    send: "Acknowledge",
    act: async (v) => store.setAlarms([await post<Alarm>("alarms/" + path(a.id, "acknowledge"), signed(v))]),
    overtaken: () => {
      const by = store.alarms.get(a.id)?.ack_by;
      return by ? `${by} has acknowledged this alarm meanwhile.` : "";
    },
  });
}

interface Answered {
  alarms: Alarm[] | null;
  failed: { id: string; error: { message: string } }[] | null;
}

export function acknowledgeAll(store: Store, list: Alarm[]): void {
  const ids = list.filter(unanswered).map((a) => a.id);
  if (ids.length === 0) return;
  const streams = new Set(list.map((a) => store.titleOf(a.stream)));
  ask({
    title: `Acknowledge ${ids.length} alarms`,
    about: `Of ${[...streams].slice(0, 4).join(", ")}${streams.size > 4 ? ` and ${streams.size - 4} more streams` : ""}. Alarms that come meanwhile are not among them.`,
    fields: [...who(), comment],
    send: `Acknowledge ${ids.length}`,
    act: async (v) => {
      for (let k = 0; k < ids.length; k += atOnce) {
        const answer = await post<Answered>("alarms/acknowledge", { ids: ids.slice(k, k + atOnce), ...signed(v) });
        store.setAlarms(answer.alarms ?? []);
        const failed = (answer.failed ?? []).filter((f) => unanswered(store.alarms.get(f.id) ?? list[0]!));
        if (failed[0]) throw new Error(`${failed.length} of ${ids.length} could not be acknowledged: ${failed[0].error.message}`);
      }
    },
    overtaken: () => (ids.some((id) => unanswered(store.alarms.get(id) ?? list[0]!)) ? "" : "All of them have been acknowledged meanwhile."),
  });
}

export function shelve(store: Store, a: Alarm): void {
  const times: [string, string][] = [
    ["15", "15 minutes"],
    ["60", "1 hour"],
    ["240", "4 hours"],
    ["480", "8 hours"],
    ["1440", "1 day"],
  ];
  ask({
    title: "Shelve alarm",
    about: `${about(a, store.titleOf(a.stream))} While it is shelved nobody is told of alarms of this kind of this stream; they stay on the list.`,
    fields: [
      ...who(),
      { name: "minutes", label: "For how long", kind: "choice", options: times, value: "60" },
      { name: "one_shot", label: "Only until this alarm is over, if that is sooner", kind: "tick" },
      { name: "comment", label: "Reason", kind: "text", required: "Please say why, for the people of the next shift." },
    ],
    send: "Shelve",
    act: async (v) =>
      store.setAlarms([await post<Alarm>("alarms/" + path(a.id, "shelve"), { minutes: Number(v["minutes"]), one_shot: v["one_shot"] === "true", ...signed(v) })]),
  });
}

export function unshelve(store: Store, a: Alarm): void {
  ask({
    title: "Take from the shelf",
    about: about(a, store.titleOf(a.stream)),
    fields: [...who(), comment],
    send: "Take from the shelf",
    act: async (v) => store.setAlarms([await post<Alarm>("alarms/" + path(a.id, "unshelve"), signed(v))]),
  });
}

export function judge(store: Store, a: Alarm, judgement: "fine" | "bad", done: () => void): void {
  const fine = judgement === "fine";
  ask({
    title: fine ? "This was fine" : "This was bad",
    about: `${about(a, store.titleOf(a.stream))} ${fine ? "It is noted as a false alarm." : "It is noted as a true alarm, and kept out of what is learnt later."}`,
    fields: [...who(), comment],
    send: fine ? "It was fine" : "It was bad",
    act: async (v) => {
      await post("alarms/" + path(a.id, "feedback"), { judgement, ...signed(v) });
      done();
    },
  });
}

function remembered(): string {
  try {
    return localStorage.getItem(nameKey) ?? "";
  } catch {
    return "";
  }
}

function remember(name: string): void {
  try {
    localStorage.setItem(nameKey, name);
  } catch {
    // A browser that keeps nothing asks again.
  }
}
