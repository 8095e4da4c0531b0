#include "service/check_internal.h"

static const check_kind kinds[] = {
    {"backup.age",
     {"最近的备份", "The newest backup"},
     {"还没有备份：设定定期备份，并把文件与主密钥分开存放到另一台机器。",
      "There is no backup yet: have backups made regularly, and keep them, apart from the master key, on another "
      "machine."},
     true},
};

static void run(checker *k)
{
    check_add(k, &kinds[0], "", CHECK_UNKNOWN, "", "");
}

const check_family check_backup = {kinds, sizeof kinds / sizeof *kinds, run};
