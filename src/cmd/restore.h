/* `yiqiand restore`: a backup into a data directory on which no server runs. */
#ifndef YIQIAN_CMD_RESTORE_H
#define YIQIAN_CMD_RESTORE_H

/* argv[0] is "restore". The process's exit status: 0; 1 where nothing was restored; 2 for a command line that is wrong. */
int restore_command(int argc, char **argv);

/* What stands in the lock file while a restore holds it (os/lock.h). */
#define RESTORE_HOLDS "restore"

#endif
