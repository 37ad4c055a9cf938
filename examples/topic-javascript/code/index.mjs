// A topic gives each message in an event of its own, once for each subscription. What fails is tried twice more, and then given up.
export const handler = async (event) => {
  for (const { Sns: message } of event.Records) {
    const alarm = JSON.parse(message.Message);
    const urgent = message.MessageAttributes?.severity?.Value === "high";
    console.log(`${message.Subject ?? "No subject"}: ${alarm.name} is ${alarm.state}`);
    if (urgent) console.warn(`Waking somebody up for ${alarm.name}`);
  }
};
