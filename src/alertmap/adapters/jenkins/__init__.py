"""Jenkins, its plugins "Notification" and "Outbound WebHook for build events".

Set up:

1. Install the plugin Notification.
2. In the configuration of a job, under Job Notifications, Add Endpoint: format JSON, protocol HTTP, event "Job
   Finalized", log 0, and as URL a credential of the kind secret text that holds

   ```text
   https://receiver.example/jenkins?token=…
   ```

   With the event "All Events" each build says the same twice; with "Failed and first success" an unstable build and its
   end are never sent. The format XML is read, too.
3. Under Manage Jenkins, System, set the Jenkins URL: it is a part of the identity.

These events are sent for pipelines, too. Do not use the step `notifyEndpoints` instead: while a pipeline runs it has
a result only if it failed, so that no recovery would come; such a request without a result is refused.

Set up, with the plugin Outbound WebHook, which sends less:

1. Install it, and add its post-build action with the URL and the events success, failure and unstable.

Answers are ignored by both: any status will do.

An alert is a job, for a multibranch pipeline a job of one branch: a failed or unstable build opens it, and the next
successful build closes it. A further failed build states it again; nothing is sent between builds. A build that was
aborted or not built changes nothing. FAILURE is high, UNSTABLE medium.

Option `parameters`: the parameters of a build become labels. They may hold what nobody should see.

Limits: nothing is sent for a job that is deleted or renamed, and a request that fails is not sent again unless retries
are set: let incidents of this source expire. The two plugins have different keys for one job.
"""

from alertmap.adapter import Adapter, Severity, State, Times
from alertmap.adapters.jenkins import notification, outbound
from alertmap.adapters.jenkins.options import Options

LEVELS = {
    "FAILURE": Severity.HIGH,
    "FAILED": Severity.HIGH,
    "UNSTABLE": Severity.MEDIUM,  # it was built, and tests failed
}

adapter = Adapter(
    name="jenkins",
    title="Jenkins",
    shapes=[*notification.SHAPES, *outbound.SHAPES],
    levels=LEVELS,
    formats={"json", "xml"},
    times=Times.STATED,
    repeats={State.FIRING},
    options=Options,
    retries=False,  # unless the user sets retries
    answer_within=30,
    identity_parts={"job", "name", "root"},
)
