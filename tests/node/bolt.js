// A small app, over Socket Mode or HTTP (then it prints its port first), until its standard input ends.
import bolt from "@slack/bolt";

const overHttp = process.env.TRANSPORT === "http";
const app = new bolt.App({
  token: process.env.SLACK_BOT_TOKEN,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
  logLevel: "error",
  ...(overHttp
    ? { signingSecret: process.env.SIGNING_SECRET }
    : { socketMode: true, appToken: process.env.SLACK_APP_TOKEN }),
});

app.message("hello", async ({ message, say }) => {
  const text = { type: "plain_text", text: "Wave" };
  const blocks = [{ type: "actions", elements: [{ type: "button", action_id: "wave", text }] }];
  await say({ text: `Hey <@${message.user}>!`, blocks });
});
app.event("app_mention", async ({ event, say }) => {
  await say({ text: "You called?", thread_ts: event.ts });
});
app.action("wave", async ({ ack, body, respond }) => {
  await ack();
  await respond({ text: `${body.user.name} waved`, replace_original: true });
});
app.command("/deploy", async ({ ack, command, respond }) => {
  await ack(`Deploying ${command.text}`);
  await respond({ text: "Done", response_type: "in_channel" });
});

process.stdin.resume().on("end", () => process.exit());
const server = await app.start({ port: 0, host: "127.0.0.1" });
if (overHttp) {
  console.log(server.address().port);
}
