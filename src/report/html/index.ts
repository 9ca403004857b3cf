/** Pages. Apart from the rest of the room, so that commands which draw nothing do not load the charting library. */

export { comparePage } from './compare-page.ts';
export { resultPage } from './result-page.ts';
export { type Reported, studyPage } from './study-page.ts';
