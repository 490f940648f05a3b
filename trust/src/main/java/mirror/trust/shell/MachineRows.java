package mirror.trust.shell;

/** Programs that change the running system, a database or a cluster rather than files. */
final class MachineRows {
    static final String TEXT = """
            kill | s* | v=s,n,q | special kill
            skill,snice | s* | - | machine sends a signal to a process
            pkill,xkill,taskkill | s* | v=s,signal,u,g,P,t,G,U,F,o,n | machine kills processes by name
            killall,killall5 | s* | v=s,signal,u,g,o,n,t | machine kills processes by name unless l,list
            busctl,dbus-send,gdbus,qdbus | s* | v=dest,type | machine talks to a system service unless =list,=tree,=introspect,=status
            shutdown,reboot,halt,poweroff,init,telinit,kexec | s* | - | machine stops or restarts this machine
            systemctl | s* | v=t,type,p,property,o,output,n,lines,s,signal,M,H,root,state | machine changes a system service unless =status,=list-units,=is-active,=is-enabled,=show,=cat,=list-unit-files,=list-timers,=is-failed,=get-default,=list-dependencies,=list-sockets,=list-jobs,=show-environment
            service,rc-service,initctl,sv,supervisorctl,pm2,monit,svc,s6-svc | s* | - | machine changes a service unless =status,=list,=ls,=logs,=show,status-all
            tmutil,softwareupdate,asr,purge,mdutil | s* | - | machine changes backups or indexes unless =list,=listbackups,=status,=help
            launchctl | s* | - | machine changes a service unless =list,=print,=blame,=dumpstate
            loginctl,hostnamectl,timedatectl,localectl,machinectl,networkctl,nmcli,bluetoothctl,rfkill,tuned-adm,pmset,systemsetup,networksetup,scutil,nvram,bless,csrutil,spctl,tccutil,dscl,efibootmgr,grub-install,update-grub,bcdedit,reg,wmic,sc,netsh,schtasks,icacls,takeown,vssadmin,wbadmin,cipher,diskpart,format,bootctl,update-initramfs,mkinitcpio,dracut | s* | - | machine changes a setting of this machine unless =status,=list,=show,=query,=show-session
            journalctl | s* | v=u,unit,n,lines,S,since,U,until,p,o,b,t | machine discards the system journal if vacuum-size,vacuum-time,vacuum-files,rotate,flush
            mount | s* | v=t,o,O,T | machine changes a mount if #1; machine changes a mount if #2; machine changes a mount if a,all,o,options,bind,rbind,move
            losetup | s* | v=o,j | machine changes a disk or a mount unless l,list,a,j if #1; machine changes a disk or a mount if d,D,detach,detach-all,c,f if #1; machine changes a disk if d,D,detach,detach-all
            umount,swapon,swapoff,fsck,e2fsck,smartctl,gcore,ldconfig,chkconfig,update-rc.d,rc-update,authconfig,authselect,pam-auth-update,nix-collect-garbage,fstrim,blkdiscard,wipefs,sgdisk,sfdisk | s* | v=t,o | machine changes this machine unless =status,=list,=show,show,list,p,print,version,help
            ifconfig | s* | - | machine changes the network unless #0 unless #1
            cryptsetup,zfs,zpool,btrfs,lvm,lvremove,vgremove,pvremove,lvcreate,lvreduce,vgreduce,pvcreate,vgcreate,mdadm,dmsetup,hdparm,nvme,diskutil,hdiutil,resize2fs,tune2fs,xfs_growfs,badblocks,quotaon,exportfs,eject,partprobe,kpartx,debugfs,testdisk,photorec | s* | v=t,o | machine changes a disk or a mount unless =list,=status,=info,=show,=help
            mkfs,mkfs.ext2,mkfs.ext3,mkfs.ext4,mkfs.xfs,mkfs.btrfs,mkfs.vfat,mkfs.fat,mkfs.ntfs,mkfs.exfat,mkfs.f2fs,mke2fs,mkswap,newfs,mkdosfs,mkntfs | s* | v=t,L,U,O,b,m | machine formats a disk; special devices
            fdisk,gdisk,cfdisk,cgdisk,parted,gparted | w* | v=o,t,b | machine changes a partition table unless l,list
            iptables,ip6tables,nft,ufw,firewall-cmd,pfctl,ebtables,ipset,tc,ipvsadm | s* | v=t,table | machine changes the firewall unless L,list,=list,=status,S,list-all,s
            ip,route,arp,iw,iwconfig,ethtool,brctl,ovs-vsctl,bridge | s* | - | machine changes the network if =add,=del,=delete,=set,=flush,=change,=replace,=up,=down
            crontab | r | v=u | machine changes scheduled jobs unless l
            at,batch | s* | r=f v=q,t | machine schedules a job unless l; special stdin-code
            add-apt-repository,apt-add-repository,apt-key,yum-config-manager | s* | - | machine changes where software comes from
            atrm,anacron | s* | - | machine changes scheduled jobs
            modprobe,insmod,rmmod,depmod,kmod,dkms,bpftool,bpftrace,sysdig,kextload,kextunload,kldload | s* | v=e | machine changes the kernel unless =list
            sysctl | s* | r=p,load | machine changes a kernel setting if w,write,p,load,system,~=
            useradd,adduser,userdel,deluser,usermod,groupadd,groupdel,groupmod,gpasswd,passwd,chpasswd,chsh,chfn,chage,vipw,visudo,newgrp,newusers,pwconv,faillock,sysadminctl,dseditgroup | s* | v=u,g,G,d,s,c,p,e | machine changes users or passwords
            setenforce,setsebool,semanage,restorecon,aa-disable,aa-complain,apparmor_parser,auditctl,fail2ban-client | s* | - | machine changes the security policy
            renice | s* | v=n,p,g,u | machine changes the priority of processes
            ipcrm,sync-drop,wall,write,mesg,logger,chvt,setterm,loadkeys,xset,xrandr,setxkbmap,pactl,amixer | s* | - | machine changes the session
                        defaults,gsettings,dconf,xdg-settings,xdg-mime,update-alternatives,alternatives,dpkg-reconfigure,debconf-set-selections | s* | - | machine changes system settings unless =read,=get,=list,=list-keys,=dump,display,list,query
            keychain,security,secret-tool,pass,op,bw,gopass,ssh-add,kinit | s* | - | machine uses stored secrets unless =version,l,L
            ssh-keygen | s* | w=f v=t,b,C,N,P,R,F,m,O | -
            ssh-copy-id | h | v=i,p,o | machine adds a key on another machine; net *
            psql,pgcli,mysql,mariadb,mycli,clickhouse-client,cockroach,usql,sqlcmd,sqlplus,duckdb,snowsql,trino,presto,beeline,hive,spark-sql,cqlsh,bq-query,isql,mssql-cli,litecli | s* | q=c,command,e,execute,q,query,Q,x r=f,file,i v=h,host,U,user,p,port,d,dbname,u,P,D,database,v,set,S,o,F,R,s,w,W | special sql
            mysqladmin,dropdb,dropuser,createdb,createuser,pg_ctl,pg_resetwal,initdb,pg_restore,mysqlimport,mongorestore,influx,pg_dropcluster,pg_upgrade | s* | v=h,U,p,d,u | machine changes a database unless =status,=ping,=version,=processlist,=variables,l,list
            pg_dump,pg_dumpall,mysqldump,mongodump,mongoexport | s* | w=f,file,o,out,r,result-file v=h,U,p,d,u,t,n | -
            mongo,mongosh | s* | v=u,p,host,port r=f | special mongo
            redis-cli,valkey-cli,keydb-cli,memcached-tool,dragonfly-cli | s* | v=h,p,a,n,u,s,user,pass,r,i,d | special redis
            rabbitmqctl,kafka-topics,kafka-topics.sh,kafka-configs,kafka-delete-records,nats,zkCli.sh,curator,esrally | s* | v=topic,bootstrap-server,zookeeper,p | machine changes a message broker unless list,describe,=status,=list_queues,=list_users,version
            """;

    private MachineRows() {}
}
