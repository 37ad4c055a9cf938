const wait = (ms) => new Promise((done) => setTimeout(done, ms));

export const handler = async (event) => {
  if (event.Records) {
    // From the queue of our partners: nobody waits for these.
    await wait(2_000);
    console.log(`partner order ${event.Records[0].body} done`);
    return;
  }
  // A customer at the till.
  await wait(200);
  return { paid: event.id };
};
