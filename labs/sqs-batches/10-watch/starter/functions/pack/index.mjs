const pack = ({ id, quantity }) => {
  if (!(quantity > 0)) throw new RangeError(`order ${id} is for ${quantity} things`);
  console.log(`packed order ${id}`);
};

export const handler = async (event) => {
  for (const record of event.Records) {
    pack(JSON.parse(record.body));
  }
};
