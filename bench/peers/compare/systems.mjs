// What is compared. A system has:
//   name, title
//   tried        settings for steps, latency and starts; the best of each is kept
//   sleeps       whether its sleeping runs take memory at all
//   versions()   for the report
//   open(place, setting)  starts its servers on nothing; place: {directory, log(what), programs, packages, node}
// and what is opened has:
//   driver(subcommand)    command and words, given(setting): the driver's further options
//   servers()             pids; collecting(driver): those that collect garbage on SIGUSR2
//   crash(), restart()    kill -9 of the servers, and starting them again on what they left
//   stop()

import { everstep } from './everstep.mjs';
import { restate } from './restate.mjs';
import { dbos } from './dbos.mjs';
import { plainPostgres, sqlite } from './by_hand.mjs';

export const systems = [everstep, restate, dbos, sqlite, plainPostgres];
