package mirror.trust.shell;

/** Programs that work on files and text. */
final class FileRows {
    static final String TEXT = """
            cat,tac,rev,nl,fold,expand,unexpand,fmt,pr,column,zcat,bzcat,xzcat,zstdcat,pv,batcat,colrm,iconv | r* | v=w,s,f,t,n,width,from-code,to-code | out stdin
            bat | r* | v=l,language,theme,style,r,line-range,H x=pager | out stdin
            head,tail | r* | v=n,c,lines,bytes,pid,s | out filter
            less,more,most,zless,zmore,view,pg | r* | w=o,O,log-file v=p,P,t,T,b,x,y,j,h r=k,lesskey-file | special pager; out stdin
            grep,egrep,fgrep,zgrep | ?e,regexp,f,file:s r* | v=e,regexp,m,max-count,A,B,C,after-context,before-context,context,D,d,include,exclude,exclude-dir,label r=f,file,exclude-from o=color,colour | read . if r,R,recursive if #1; out filter
            rg,ag,ack,ugrep | ?e,regexp,f,file,files:s r* | v=e,regexp,m,max-count,A,B,C,g,glob,iglob,t,T,type,type-not,d,max-depth,r,replace,E,encoding,j,threads,M,max-columns,sort,sortr,context,after-context,before-context,color,colors,engine,ignore r=f,file,ignore-file x=pre,pager,hostname-bin | read . if #1; read . if files; out listing
            ls,dir,vdir,exa,eza,lsd,tree | r* | v=I,ignore,hide,w,T,L,P,block-size,level,sort,s,time-style w=o o=color,colour,format,indicator-style | read . if #0; out under
            wc,cksum,md5sum,sha1sum,sha224sum,sha256sum,sha384sum,sha512sum,b2sum,b3sum,md5,shasum,sum | r* | r=files0-from v=a,algorithm | out number
            stat,file,du,ncdu,readelf,nm,objdump,size,ldd,strings,hexdump,hd,od,cmp,identify,exiftool | r* | v=c,printf,d,max-depth,exclude,t,B,block-size,N,A,j,n,m,e,s,format | -
            diff,colordiff,sdiff,diff3,vimdiff,comm,join,paste,zdiff,delta | r* | v=U,C,W,x,exclude,I,F,width,unified,context,label,L,d,delimiters,t,1,2,o r=X,exclude-from,from-file,to-file o=color | out filter
            sort | r* | w=o,output x=compress-program v=k,key,t,field-separator,S,buffer-size,parallel,batch-size,T,temporary-directory r=files0-from,random-source | out filter
            uniq | r w | v=f,s,w,skip-fields,skip-chars,check-chars | out filter
            cut,tr,seq,expr,factor,numfmt,shuf,yes,sleep,usleep,jot,bc,dc,cal | - | v=d,f,c,b,delimiter,fields,characters,s,w,separator,from,to,i,n,e r=random-source w=o,output | out number if =+%s; out filter
            jq,gojq,jaq | ?f,from-file:s r* | 2=arg,argjson v=indent,L r=f,from-file 3=rawfile,slurpfile,argfile | out data
            yq | s r* | v=P,o,p,I,input-format,output-format | inplace if i,inplace; out data
            xmllint,xsltproc,tidy | r* | w=o,output v=xpath,encode,schema | inplace if m; out data
            date | - | v=d,date,s,set,f r=r,reference,file | machine sets the clock if s,set; out name
            basename | s* | v=s,suffix | out name
            dirname,realpath,readlink | s* | v=relative-to,relative-base | special pathname
            mktemp | - | v=p,tmpdir,suffix,t | special mktemp
            whoami,hostname,uname,arch,nproc,tty,id,groups,logname,users,who,w,uptime,free,vmstat,iostat,lscpu,lsblk,lsusb,lspci,df,ps,pgrep,pidof,top,htop,lsof,fuser,printenv,locale,getconf,sw_vers,tput,stty,nvidia-smi,dmesg,last,ss,netstat,ifconfig,jps,cloc,tokei | s* | v=u,p,o,format,C,user | machine kills the users of a file if k,kill; machine changes the host name if #1 if b,F; out name
            which,whereis,type,man,info,whatis,apropos,help,tldr,clear,reset | s* | x=P,pager,H,html,preprocessor v=s,S,L,M | out text
            touch | w* | v=d,date,t r=r,reference | -
            mkdir,mkfifo | w* | v=m,mode,Z | -
            mknod | w s* | v=m,mode | -
            rmdir | d* | - | -
            rm,trash,trash-put,rimraf,del,srm,gio-trash | d* | - | recursive if r,R,recursive,d,dir
            unlink | d | - | -
            shred,wipe | d* | v=n,iterations,s,size,random-source | recursive if r
            truncate | w* | v=s,size,r,reference | -
            chmod,chown,chgrp,chattr,chcon | ?reference:s w* | v=reference,from | -
            setfacl,setfattr,xattr | w* | v=m,modify,x,remove,n,name,v,value,X,M,d,p | -
            cp,gcp,ditto | r* ?t,target-directory:w | w=t,target-directory v=S,suffix,Z o=backup,preserve,no-preserve,reflink,sparse | special copy
            mv,gmv | m* ?t,target-directory:w | w=t,target-directory v=S,suffix o=backup,update | special move
            ln,gln | s* ?t,target-directory:w | w=t,target-directory v=S,suffix o=backup | special link
            install,ginstall | ?d,directory:r* w | w=t,target-directory v=m,mode,o,owner,g,group,S,suffix x=strip-program | inplace if d,directory; special copy
            tee,sponge | w* | - | special tee
            dd | - | - | special dd
            split,csplit | r w | x=filter v=b,l,n,C,a,d,bytes,lines,number,suffix-length,additional-suffix,f,prefix,t | write .
            patch | w r | r=i,input w=o,output,r,reject-file c=d,directory v=p,strip,F,B,z,V | write .
            sed,gsed | - | o=i,in-place v=l,line-length | special sed
            awk,gawk,mawk,nawk,goawk | - | - | special awk
            find,gfind,fd,fdfind | - | - | special find
            xargs,gxargs | - | - | special xargs
            parallel,rush | - | - | special parallel
            tar,gtar,bsdtar | - | v=b,blocking-factor,exclude,owner,group,mode,mtime,format,transform,xform,strip-components,H,g,K,N,newer,V,label,level,sort,s,starting-file,checkpoint,warning,suffix,occurrence,quoting-style r=T,files-from,X,exclude-from v=C,directory,cd x=to-command,I,use-compress-program,F,info-script,new-volume-script,rsh-command,rmt-command v=checkpoint-action o=f,file | special tar
            zip | w r* | v=x,i,b,t,tt,n,P x=unzip-command | special zip; consume if m,move; write .
            unzip | r s* | w=d v=P,x | write . unless d,l,t,p,Z,v
            7z,7za,7zz,rar,unrar | s w r* | v=p,o,x | write .
            gzip,gunzip,bzip2,bunzip2,xz,unxz,zstd,unzstd,lzma,lz4,compress,uncompress,pigz,brotli | w* | v=S,suffix,T,threads,b w=o | out stdin-changed
            cpio | - | w=O,F x=rsh-command c=D v=H,R | write . if i,extract,p; out filter
            ar,ranlib,strip,objcopy | s w r* | w=o | -
            base64,base32,xxd,uuencode,uudecode,hexyl | r w | v=w,wrap,l,s,c,g w=o,output r=i,input | out stdin-changed
            openssl,gpg,gpg2,age | s* | w=out,o,output,keyout r=in,i,inkey v=k,K,pass,r,recipient,u,local-user,passphrase | single; machine deletes keys if delete-keys,delete-secret-keys,delete-secret-and-public-keys; net * if =s_client,recv-keys,search-keys,send-keys,refresh-keys,keyserver; out stdin-changed
            vim,vi,nvim,gvim,ex,rvim | - | - | special vim
            nano,pico,micro,helix,hx,kate,gedit,code,subl,open,xdg-open | w* | - | -
            emacs,emacsclient | w* | x=eval,execute r=l,load,script | opaque emacs runs Lisp if eval,execute,f,funcall,batch
            ed,red | w | v=p | special ed
            mogrify | w* | - | -
            convert,ffmpeg,magick,sox | s* w | r=i | single
            rename,prename,file-rename | - | - | special rename
            dos2unix,unix2dos,recode | w* | - | -
            envsubst,gettext,m4,cpp | r* | - | out filter
            sqlite3 | w q* | x=cmd r=init,import | special sqlite; machine changes a database if ~none
            watchman,locate,mdfind,plocate | s* | - | out text
            """;

    private FileRows() {}
}
