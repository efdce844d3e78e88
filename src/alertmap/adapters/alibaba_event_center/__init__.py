"""Alibaba Cloud Event Center: the pushes of its event subscriptions, and the alerts of the Quota Center.

Set up:

1. In the CloudMonitor console under Event Center, Event Subscription, Push Channel create one: target type Webhook,
   request method POST, data format JSON, no other parameter, and the URL. Nothing is signed, so it holds a token:

   ```text
   https://receiver.example/alibaba_event_center?token=…
   ```

2. Under Subscription Policy create one for system events or for threshold events: choose what to subscribe to, and the
   channel under Push and Integration. Of a system event with several steps, such as
   `Instance:SystemFailure.Reboot:Executing`, subscribe to the last ones, too: `:Executed`, `:Avoided`, `:Canceled`.
3. Debug Event Subscription sends an event that nothing tells from a real one: choose one that ends.
4. Quota alerts: in the Quota Center under Quota Alerts enter the URL as Alert Callback.

Answer 200. The data format FORM and the method GET are read, too.

Product, event and resource identify a system event: `Executing` and `Executed` are one alert. Threshold events have a
deduplication id. What the Alert Callback of a threshold rule sends, what old event rules send, and CloudMonitor 2.0 are
read by `alibaba_cloudmonitor`. Quota alerts have the word `quota` as their level (medium).

Limits: a system event with the status `Normal`, such as a change of state, and a quota alert are never announced as
over: let incidents of this source expire. The vendor documents the push of a system event only: send us a threshold
event that is read otherwise than you expect.
"""

from alertmap import conventions
from alertmap.adapter import Adapter, Times
from alertmap.adapters.alibaba_event_center import push, quota

# `info` is low as in CloudMonitor's callbacks; `quota` is ours.
LEVELS = conventions.levels(critical="CRITICAL", medium="WARN, WARNING, quota", low="INFO")

adapter = Adapter(
    name="alibaba_event_center",
    title="Alibaba Cloud Event Center",
    shapes=[*push.SHAPES, *quota.SHAPES],
    levels=LEVELS,
    formats={"json", "form", "query"},
    # A policy may notify again of a first step whose last one has come: each time is that of its event.
    times=Times.STATED,
    delivery_field="$.IdempotentId",
)
