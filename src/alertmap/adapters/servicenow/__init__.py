"""ServiceNow: incidents and alerts that a business rule posts, and events that are posted to its Event Management.

Set up: as an administrator, since ServiceNow has no webhook of its own:

1. System Definition, Business Rules, New: table Incident, Advanced, When "after", Insert and Update, and as filter
   conditions those that choose your incidents, but not their state.
2. Condition under Advanced:

   ```text
   current.operation() == "insert" || current.state.changes() || current.priority.changes()
   ```

3. Script:

   ```js
   (function executeRule(current, previous) {
     var names = ["sys_class_name", "sys_id", "number", "state", "priority", "short_description", "description",
       "category", "sys_updated_on", "sys_mod_count"];
     var body = {server_url: gs.getProperty("glide.servlet.uri")};
     names.forEach(function (name) { body[name] = current.getValue(name); });
     body.cmdb_ci = current.getDisplayValue("cmdb_ci");
     body.assignment_group = current.getDisplayValue("assignment_group");
     var request = new sn_ws.RESTMessageV2();
     request.setEndpoint("https://receiver.example/servicenow?token=…");
     request.setHttpMethod("POST");
     request.setRequestHeader("Content-Type", "application/json");
     request.setRequestBody(JSON.stringify(body));
     request.executeAsync();
   })(current, previous);
   ```

For alerts of Event Management the same rule stands on the table Alert (`em_alert`), with `severity`, `acknowledged`,
`maintenance`, `message_key`, `node` and `source` among the names, in place of `priority`, and with their changes in the
condition. One or several records of the Table API, in `result` and with `sysparm_display_value=all`, are read, too, and
so is the record that the script of ilert's guide posts. A tool that posts events to `/api/global/em/jsonv2` may post
them here in ServiceNow's place.

Answer 200. An incident is its `sys_id`. New fires, in progress and on hold are acknowledged, resolved, closed and
canceled end it; numbers and English labels are read. An alert that is open, reopened or flapping fires, unless it is
acknowledged, or in maintenance. The level is the priority of an incident, and the severity of an alert or event: 1 is
critical, 2 high, 3 medium, 4 low, 5 info. An event ends with the severity 0 or the resolution state Closing; its key is
the `message_key`, else what ServiceNow makes one of: source, node, type, resource and metric name.

Limits: an incident that is in progress when it is first sent, or when it is reopened, opens nothing. A deleted record
is not announced. There is no signature: the token in the URL is the proof. States of other tables, or of your own,
fire as unknown. Times must be UTC, as `getValue` has them.
"""

from alertmap import conventions
from alertmap.adapter import Adapter, State, Times
from alertmap.adapters.servicenow import events, records

# Priorities as they are stored and displayed, then severities.
LEVELS = conventions.levels(
    critical="1, 1 - Critical, Critical",
    high="2, 2 - High, High, Major",
    medium="3, 3 - Moderate, Moderate, Minor",
    low="4, 4 - Low, Low, Warning",
    info="5, 5 - Planning, Planning, OK, Info",
)

adapter = Adapter(
    name="servicenow",
    title="ServiceNow",
    shapes=[*events.SHAPES, *records.SHAPES],
    levels=LEVELS,
    times=Times.STATED,
    repeats={State.FIRING, State.ACKNOWLEDGED},  # where a rule posts each update
    identity_parts={"sys_id", "number", "instance", "message_key", "source", "node", "type", "resource", "metric"},
)
