// Addresses of pages: #/streams/NAME?from=…; the part after # never reaches the server, so one page serves them all.

export interface Route {
  page: string; // "" is the overview
  args: string[];
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [, kind, id] = /^#(alarm|stream)-(.+)$/.exec(hash) ?? []; // as messages of the sinks have it
  if (kind && id) return { page: kind + "s", args: [plain(id)], query: new URLSearchParams() };
  const [where = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page = "", ...args] = where.split("/").map(plain);
  return { page, args: args.filter((a) => a !== ""), query: new URLSearchParams(query) };
}

export function href(page: string, args: string[] = [], query: Record<string, string> = {}): string {
  const q = new URLSearchParams(Object.entries(query).filter(([, v]) => v !== "")).toString();
  return "#/" + [page, ...args].map(encodeURIComponent).join("/") + (q ? "?" + q : "");
}

// replace changes the query of the present address without leaving the page.
export function replace(query: Record<string, string>): void {
  const r = parse(location.hash);
  history.replaceState(history.state, "", href(r.page, r.args, query));
}

function plain(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}
