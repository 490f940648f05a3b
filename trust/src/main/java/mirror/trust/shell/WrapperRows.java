package mirror.trust.shell;

/** Programs that start another program: what they start is what counts. */
final class WrapperRows {
    static final String TEXT = """
            env | as cmd | v=u,unset,P,argv0,a c=C,chdir x=S,split-string,vS o=block-signal,default-signal,ignore-signal | -
            nohup,setsid,unbuffer,catchsegv,winpty,lolcat,stdoutisatty,ld-linux-x86-64.so.2,ld-linux-aarch64.so.1,ld-linux.so.2,ld-musl-x86_64.so.1,ld.so | cmd | v=library-path,preload,argv0,inhibit-rpath,audit | opaque a program is started with code loaded into it if preload,audit
            caffeinate | cmd | v=t,w | -
            dbus-run-session | cmd | v=config-file,dbus-daemon | -
            rlwrap | cmd | v=H,f,s,S,b,p,C,D,e,O,P,q,t,w,M,m,z | opaque rlwrap filters through a program if z,filter
            proxychains,proxychains4 | cmd | v=f | -
            torsocks,tsocks,torify | cmd | v=a,u,p,address,port,user,pass | -
            fakeroot | cmd | v=l,s,i,b,lib,faked | -
            cpulimit | cmd | v=l,limit,p,pid,e,exe | -
            nice | cmd | v=n,adjustment | -
            ionice | cmd | v=c,class,n,classdata,p,pid,P,u | -
            chrt | s cmd | v=T,P,D,p,pid | -
            taskset | s cmd | - | -
            linux32,linux64,i386,x86_64 | cmd | - | -
            setarch | s cmd | - | -
            numactl | cmd | v=N,m,C,i,p,cpunodebind,membind,physcpubind,interleave,preferred | -
            cgexec | cmd | v=g | -
            prlimit | cmd | v=p,pid,o,output | -
            choom | cmd | v=n,adjust,p,pid | -
            time,gtime | cmd | w=o,output v=f,format | -
            timeout,gtimeout | s cmd | v=s,signal,k,kill-after | -
            stdbuf | cmd | v=i,o,e,input,output,error | -
            chroot | s cmd | v=userspec,groups | elevate
            busybox,toybox | cmd | - | -
            sudo | as cmd | v=u,user,g,group,h,host,p,prompt,C,close-from,r,role,t,type,U,other-user,T,command-timeout,R,chroot,a,c c=D,chdir | elevate; special sudo
            doas,run0 | as cmd | v=u,user,C,g,setenv,D,chdir | elevate; special sudo
            pkexec,gksudo,kdesudo,please | cmd | v=user,u | elevate
            gosu,su-exec | s cmd | - | elevate
            runuser,su | - | x=c,command,session-command v=g,group,G,supp-group,s,shell,u,user,w | elevate; special su
            unshare | cmd | v=S,setuid,G,setgid,R,root,w,wd,map-user,map-group,propagation | machine starts a program in another namespace
            nsenter | cmd | v=t,target,S,setuid,G,setgid | machine starts a program in another namespace
            systemd-run | cmd | v=p,property,u,unit,M,machine,H,host,E,setenv,uid,gid,slice,description,working-directory,on-calendar,on-active | machine starts a unit
            setpriv,flatpak-spawn | cmd | v=reuid,regid,groups,inh-caps,bounding-set,securebits,env,directory | machine starts a program with other rights
            capsh,bwrap,firejail,start-stop-daemon,runcon,aa-exec,minijail0,nsjail,proot,daemonize,daemon | s* | - | opaque a program is started in a setting of its own
            strace,ltrace,dtruss | cmd | w=o,output v=e,p,s,u,E,P,a,S,I,O,trace | machine attaches to a process if p
            perf | s cmd | w=o v=e,F,p,t,C,r,I,x,c,j,event,call-graph | -
            valgrind,heaptrack | cmd | w=log-file,xml-file v=tool | -
            rr | s cmd | - | -
            gdb,lldb | cmd | v=p,pid,ex,eval-command,x,command,iex,o,O | opaque a debugger runs commands of its own if ex,eval-command,x,command,iex,o,O; machine attaches to a process if p,pid,attach
            flock | s ?c,command:cmd | x=c,command v=w,timeout,wait,E,conflict-exit-code | -
            script | w cmd | x=c,command v=T,I,O,B,E,m o=t | -
            watch,gwatch | sh | v=n,interval,q,equexit | -
            entr | cmd | v=none | -
            watchexec,nodemon,chokidar,reflex,air | cmd | v=w,watch,e,exts,i,ignore,f,filter,signal,d,delay,r,regex x=x,exec,c,command | -
            hyperfine | sh | x=p,prepare,s,setup,c,cleanup 2=L,parameter-list v=w,warmup,r,runs,m,M,min-runs,max-runs,n,command-name,S,shell,D w=export-json,export-csv,export-markdown | -
            tmux,screen,zellij,byobu | - | - | special multiplexer
            expect | f | x=none v=d | opaque expect runs a script of its own if c
            direnv exec | s cmd | - | -
            dotenv,dotenvx,cross-env,with-env | as cmd | v=f,e,c | -
            mise,devbox,pixi,volta,nix run,exec,x,shell,develop | s* | - | net *; special after-dashes
            poetry,pipenv,hatch,rye,pdm,uv,bundle,rbenv,pyenv,nodenv,asdf run,exec | cmd | v=p,python,with,package,extra,group,e,env,C,directory | special package-source
            conda,mamba,micromamba run | cmd | v=n,name,p,prefix,cwd | -
            nix-shell | - | x=run,command v=p,packages,I,A,attr | -
            npx,bunx,pnpx | cmd | x=c,call v=p,package,w | net *; special package-source
            uvx | cmd | v=p,python,with,from | net *; special package-source
            pipx | s* | v=spec,index-url,python | special package-source; net * if =run,=install,=upgrade
            xvfb-run,xwfb-run | cmd | v=n,s,server-num,server-args,e,f,w | -
            ccache,sccache,distcc,bear,scan-build | cmd | - | -
            faketime | s cmd | - | -
            autossh | h sh | v=M,b,c,B,D,E,e,F,I,i,J,L,l,m,O,p,Q,R,S,W,w,o | special ssh; machine opens a tunnel to this machine if R,w
            ssh,mosh,dropbear,dbclient | h sh | v=b,c,B,D,E,e,F,I,i,J,L,l,m,O,p,Q,R,S,W,w v=o | special ssh; machine opens a tunnel to this machine if R,w
            sshpass | cmd | v=p,f,d,P | -
            adb shell | sh | - | machine changes another device
            lima,limactl,vagrant,wsl,multipass | s* | - | machine uses a virtual machine unless =list,=status,=info,=version
            """;

    private WrapperRows() {}
}
