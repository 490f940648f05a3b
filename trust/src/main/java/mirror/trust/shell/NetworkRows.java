package mirror.trust.shell;

/** Programs that talk to the network. */
final class NetworkRows {
    static final String TEXT = """
            curl | u* | w=unix-socket,abstract-unix-socket,o,output,D,dump-header,c,cookie-jar,trace,trace-ascii,stderr,hsts,etag-save,output-dir v=X,request,H,header,A,user-agent,e,referer,u,user,m,max-time,connect-timeout,retry,retry-delay,w,write-out,b,cookie,x,proxy,r,range,E,cert,key,cacert,capath,resolve,limit-rate,C,continue-at,y,Y,max-redirs,interface,Q,quote,P,t,U,z,proto,proto-redir,ciphers,tls-max,tlsv,aws-sigv4,max-filesize,oauth2-bearer,dns-servers,noproxy,retry-max-time,connect-to,parallel-max,url-query r=K,config,netrc-file u=url v=d,data,data-binary,data-raw,data-urlencode,data-ascii,F,form,form-string,json r=T,upload-file | special curl
            wget,wget2 | u* | w=O,output-document,o,output-file,a,append-output,P,directory-prefix,save-cookies v=t,tries,T,timeout,U,user-agent,header,user,password,http-user,http-password,w,wait,A,R,D,I,X,l,level,Q,limit-rate,method,max-redirect,referer,load-cookies,e,execute,B,base,certificate,ca-certificate,post-data,body-data r=i,input-file,post-file,body-file x=use-askpass | special wget
            aria2c,axel | u* | w=o,out,d,dir,output v=x,s,j,n,k,split,num-connections,header,user-agent,referer,max-connection-per-server r=i,input-file | opaque the downloader runs a program when done if on-download-complete,on-download-start,on-bt-download-complete; special wget
            http,https,xh,httpie,curlie | s* | v=a,auth,A,p,s,print,style,proxy,timeout,session,verify w=o,output | special httpie
            nc,ncat,netcat,socat,telnet | h s* | v=p,s,w,i,q,X,x,o,g,G,m x=e,exec,c,sh-exec,lua-exec | special netcat
            scp,sftp | s* | v=c,D,F,i,J,l,o,P,X x=S | special scp
            rsync,rclone | s* | v=e,exclude,include,f,filter,rsync-path,B,T,chmod,chown,bwlimit,port,timeout,password-file,log-file-format,max-size,min-size,M,remote-option,info,partial-dir,out-format,skip-compress,block-size,modify-window,config,transfers,backup-dir,compare-dest,copy-dest,link-dest,suffix r=exclude-from,include-from,files-from w=log-file x=rsh | special rsync
            ftp,lftp,tftp,ncftp,ncftpget | h s* | x=none v=e,c,u,p,f | net *; opaque a file transfer client runs commands of its own if e,c,f; special sends-input
            dig,nslookup,host,whois,drill,kdig,resolvectl | s* | v=t,p,b,k,y,c r=f | net *; out network
            ping,ping6,traceroute,tracepath,mtr,arping,fping | h* | v=c,i,W,w,s,t,I,m,p,q,T | out network
            nmap,masscan | h* | v=p,top-ports,max-rate,T w=oN,oX,oG,oA r=iL,datadir | single; opaque nmap runs scripts of its own if script; out network
            tcpdump,tshark,wireshark,ngrep | - | w=w r=r x=z,postrotate-command v=i,c,s,G,C,W | machine captures network traffic
            ngrok,cloudflared,localtunnel,lt,bore,tailscale,zerotier-cli,wg,wg-quick,openvpn | s* | - | net *; machine opens a tunnel to this machine unless =version,=status
            mail,mailx,sendmail,mutt,msmtp,swaks | s* | v=s,a,c,b,r,S r=A | publish! mail; net *
            slackcat,ntfy,telegram-send,notify-slack | s* | - | publish! a message; net *
            aws | s* | v=region,profile,output,query,endpoint-url,ca-bundle | net amazonaws.com; special cloud; special stored-secret
            gcloud,gsutil,bq | s* | v=project,region,zone,format,filter | net googleapis.com; special cloud; special stored-secret
            az | s* | v=g,resource-group,n,name,o,output,query,subscription | net azure.com; special cloud; special stored-secret
            doctl,heroku,flyctl,fly,vercel,netlify,railway,wrangler,firebase,supabase,eas,render,scw,hcloud,linode-cli,oci,ibmcloud,aliyun,openstack,cf,eb,sam,cdk,serverless,sls,pulumi,amplify,copilot | s* | v=a,app,p,project,t,token,e,env,s,stack | net *; special cloud; special stored-secret
            terraform,tofu,terragrunt | s* | v=var,target,chdir,out,backend-config,state r=var-file | special cloud; single
            youtube-dl,yt-dlp,gallery-dl | u* | x=exec w=o,output v=f,format,S | write .
            s3cmd,mc,s5cmd,b2 | s* | - | net *; special cloud; special stored-secret
            """;

    private NetworkRows() {}
}
