// The dashboard: one page, whose parts are named by the address.
import { AlarmListPage } from "./alarms/list";
import { AlarmPage } from "./alarms/page";
import { LoginPage } from "./login/page";
import { Overview } from "./overview/overview";
import { PartsPage } from "./parts/page";
import { StreamPage } from "./stream/page";
import { Shell } from "./shell/shell";
import { Missing } from "./shell/missing";
import { SystemPage } from "./system/page";
import { TeachPage } from "./teach/page";

const shell = new Shell(document.getElementById("main")!, {
  "": (house, route) => new Overview(house, route),
  alarms: (house, route) => (route.args.length > 0 ? new AlarmPage(house, route) : new AlarmListPage(house, route)),
  streams: (house, route) => new StreamPage(house, route),
  parts: (house, route) => new PartsPage(house, route),
  teach: (house, route) => new TeachPage(house, route),
  system: (house) => new SystemPage(house),
  login: (house) => new LoginPage(house),
  missing: () => new Missing(),
});
void shell.start();
