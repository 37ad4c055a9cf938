// A rule or a schedule sends an event when its time has come. The time in it is the one that was meant, however late the function starts.
const DAY_MS = 24 * 60 * 60 * 1000;
const keepDays = Number(process.env.KEEP_DAYS ?? 30);

export const handler = async (event) => {
  const due = new Date(event.time);
  if (Number.isNaN(due.getTime())) throw new TypeError(`no time in ${event["detail-type"] ?? "the event"}`);
  const before = new Date(due.getTime() - keepDays * DAY_MS).toISOString();
  console.log(`Deleting what is older than ${before}`);
  return { due: due.toISOString(), deletedBefore: before };
};
