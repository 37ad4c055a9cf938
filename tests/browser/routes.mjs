// Every view of the page. Screenshots and the accessibility scan go through this list, so a new view belongs in it.
//
// name     file name of its pictures
// hash     what to open
// prepare  (page, site) => brings the view into the state that is worth looking at

export const routes = [
  { name: "first", hash: "" },
];
