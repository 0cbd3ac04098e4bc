export interface paths {
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in */
        post: operations["postAuthLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Trade a refresh token for new tokens */
        post: operations["postAuthRefresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End this sign-in */
        post: operations["postAuthLogout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who am I */
        get: operations["getAuthMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List users */
        get: operations["getUsers"];
        put?: never;
        /** Add a user */
        post: operations["postUsers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One user */
        get: operations["getUsersId"];
        put?: never;
        post?: never;
        /** Delete a user and end every sign-in; the name is not given out again */
        delete: operations["deleteUsersId"];
        options?: never;
        head?: never;
        /** Change role or password, disable or enable; a new password and disabling end every sign-in of the user */
        patch: operations["patchUsersId"];
        trace?: never;
    };
    "/devices/enrolment-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a one-time code with which an agent becomes a device */
        post: operations["postDevicesEnrolmentCodes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List devices */
        get: operations["getDevices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/devices/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One device */
        get: operations["getDevicesId"];
        put?: never;
        post?: never;
        /** Revoke a device for good; its certificate never works again, and what it had to do ends */
        delete: operations["deleteDevicesId"];
        options?: never;
        head?: never;
        /** Rename a device */
        patch: operations["patchDevicesId"];
        trace?: never;
    };
    "/devices/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened to a device, newest first */
        get: operations["getDevicesIdEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/devices/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Refuse the device from now on and end its stream */
        post: operations["postDevicesIdDisable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/devices/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let the device connect again */
        post: operations["postDevicesIdEnable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List accounts */
        get: operations["getAccounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/accounts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One account */
        get: operations["getAccountsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change what the account may do in a day */
        patch: operations["patchAccountsId"];
        trace?: never;
    };
    "/accounts/{id}/clear": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A person looked at the phone: let a stopped account work again */
        post: operations["postAccountsIdClear"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List tags */
        get: operations["getTags"];
        put?: never;
        /** Add a tag */
        post: operations["postTags"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tags/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One tag */
        get: operations["getTagsId"];
        put?: never;
        post?: never;
        /** Delete a tag no unfinished task names, and take it off its customers */
        delete: operations["deleteTagsId"];
        options?: never;
        head?: never;
        /** Rename a tag */
        patch: operations["patchTagsId"];
        trace?: never;
    };
    "/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List customers */
        get: operations["getCustomers"];
        put?: never;
        /** Add a customer of an account */
        post: operations["postCustomers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/customers/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Import customers of one account from a CSV file */
        post: operations["postCustomersImport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/customers/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Add and remove tags of many customers */
        post: operations["postCustomersTags"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/customers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One customer */
        get: operations["getCustomersId"];
        put?: never;
        post?: never;
        /** Delete a customer no unfinished task needs */
        delete: operations["deleteCustomersId"];
        options?: never;
        head?: never;
        /** Change a customer; optOut stops every message to it at once */
        patch: operations["patchCustomersId"];
        trace?: never;
    };
    "/wechat/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List groups */
        get: operations["getWechatGroups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/wechat/groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One group */
        get: operations["getWechatGroupsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/wechat/groups/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Members in the order the phone shows them */
        get: operations["getWechatGroupsIdMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/materials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List materials */
        get: operations["getMaterials"];
        put?: never;
        /** Upload a file; the same bytes answer the same id */
        post: operations["postMaterials"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/materials/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One material */
        get: operations["getMaterialsId"];
        put?: never;
        post?: never;
        /** Delete a material no unfinished task or template uses */
        delete: operations["deleteMaterialsId"];
        options?: never;
        head?: never;
        /** Rename a material or move it to another category */
        patch: operations["patchMaterialsId"];
        trace?: never;
    };
    "/materials/{id}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The bytes */
        get: operations["getMaterialsIdFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/material-categories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List categories */
        get: operations["getMaterialCategories"];
        put?: never;
        /** Add a category */
        post: operations["postMaterialCategories"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/material-categories/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One category */
        get: operations["getMaterialCategoriesId"];
        put?: never;
        post?: never;
        /** Delete an empty category */
        delete: operations["deleteMaterialCategoriesId"];
        options?: never;
        head?: never;
        /** Rename or move a category */
        patch: operations["patchMaterialCategoriesId"];
        trace?: never;
    };
    "/message/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List templates */
        get: operations["getMessageTemplates"];
        put?: never;
        /** Add a template; every {variable} must be declared */
        post: operations["postMessageTemplates"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/message/templates/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One template */
        get: operations["getMessageTemplatesId"];
        put?: never;
        post?: never;
        /** Delete a template no unfinished task uses */
        delete: operations["deleteMessageTemplatesId"];
        options?: never;
        head?: never;
        /** Change a template; tasks keep it as it was */
        patch: operations["patchMessageTemplatesId"];
        trace?: never;
    };
    "/wechat/moments/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List MOMENTS tasks, newest first */
        get: operations["getWechatMomentsTasks"];
        put?: never;
        /** Publish a Moment from several devices, now or at a time */
        post: operations["postWechatMomentsTasks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/message/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List MESSAGE tasks, newest first */
        get: operations["getMessageTasks"];
        put?: never;
        /** Send a template to many customers or groups */
        post: operations["postMessageTasks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/wechat/friends/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read the friends on phones; each becomes a customer of its account */
        post: operations["postWechatFriendsSync"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/wechat/groups/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read the groups on phones and their members */
        post: operations["postWechatGroupsSync"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/wechat/note-to-self": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List NOTE_TO_SELF tasks, newest first */
        get: operations["getWechatNoteToSelf"];
        put?: never;
        /** Write a text into the accounts' own file-transfer chats */
        post: operations["postWechatNoteToSelf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/custom/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List CUSTOM tasks, newest first */
        get: operations["getCustomTasks"];
        put?: never;
        /** Run a command that the agents on devices have registered */
        post: operations["postCustomTasks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List tasks of every kind, newest first */
        get: operations["getTasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One task, with what it is to do */
        get: operations["getTasksId"];
        put?: never;
        post?: never;
        /** Take back a task that has not begun, or put away one that has ended; cancel any other first */
        delete: operations["deleteTasksId"];
        options?: never;
        head?: never;
        /** Change a task that has not begun; whom it goes to is looked up again, and what needs approval needs it anew */
        patch: operations["patchTasksId"];
        trace?: never;
    };
    "/tasks/{id}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of each receiver or device */
        get: operations["getTasksIdItems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/wechat/moments/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One task, with what it is to do */
        get: operations["getWechatMomentsTasksId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/wechat/moments/tasks/{id}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of each receiver or device */
        get: operations["getWechatMomentsTasksIdItems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/message/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One task, with what it is to do */
        get: operations["getMessageTasksId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/message/tasks/{id}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of each receiver or device */
        get: operations["getMessageTasksIdItems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/wechat/note-to-self/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One task, with what it is to do */
        get: operations["getWechatNoteToSelfId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/wechat/note-to-self/{id}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of each receiver or device */
        get: operations["getWechatNoteToSelfIdItems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/custom/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One task, with what it is to do */
        get: operations["getCustomTasksId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/custom/tasks/{id}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of each receiver or device */
        get: operations["getCustomTasksIdItems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take back what the phones have not done */
        post: operations["postTasksIdPause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on after a pause, or start a draft; one that needs approval waits for it */
        post: operations["postTasksIdResume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End it; what was not done is not done */
        post: operations["postTasksIdCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/copy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a draft that does the same */
        post: operations["postTasksIdCopy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/retry-failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try again what failed for sure */
        post: operations["postTasksIdRetryFailed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a task in review go on; not for its author */
        post: operations["postTasksIdApprove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a task in review back to its author as a draft */
        post: operations["postTasksIdReject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/devices/{id}/commands": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a device a command now and wait for its end, or as long as the caller wants to */
        post: operations["postDevicesIdCommands"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/evidence/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A screenshot that shows why an item ended as it did */
        get: operations["getEvidenceId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/kill-switches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List kill switches, newest first */
        get: operations["getKillSwitches"];
        put?: never;
        /** Stop the fleet, a device, an account or a task now */
        post: operations["postKillSwitches"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/kill-switches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Lift a kill switch; what it cancelled stays cancelled */
        delete: operations["deleteKillSwitchesId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who changed what, newest first */
        get: operations["getAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The audit log as a file, oldest first: one JSON object a line */
        get: operations["getAuditExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        SignedIn: {
            accessToken: string;
            refreshToken: string;
            expiresIn: number;
            user: components["schemas"]["User"];
        };
        User: {
            id: number;
            username: string;
            /** @enum {string} */
            role: "admin" | "operator" | "viewer";
        };
        Error: {
            /** @description The HTTP status */
            code: number;
            /** @description What is wrong and what to do */
            msg: string;
            data: null;
            timestamp: number;
            errorCode: string;
            requestId: string;
        };
        FullUser: {
            id: number;
            username: string;
            /** @enum {string} */
            role: "admin" | "operator" | "viewer";
            disabled: boolean;
        };
        Device: {
            id: number;
            name: string;
            type: string;
            /** @enum {string} */
            status: "ONLINE" | "OFFLINE" | "DISABLED";
            wechatId: string | null;
            accountId: number | null;
            model: string | null;
            appVersion: string | null;
            agentVersion: string | null;
            lastSeenAt: string | null;
        };
        DeviceDetail: {
            id: number;
            name: string;
            type: string;
            /** @enum {string} */
            status: "ONLINE" | "OFFLINE" | "DISABLED";
            wechatId: string | null;
            accountId: number | null;
            model: string | null;
            appVersion: string | null;
            agentVersion: string | null;
            lastSeenAt: string | null;
            /** @description The custom commands that its agent registered last */
            capabilities: {
                name: string;
                version: number;
                /** @enum {string} */
                effectClass: "READ" | "IDEMPOTENT" | "ONCE";
                description: string;
                /** @description JSON Schema of the payload */
                schema: unknown;
            }[];
        };
        Account: {
            id: number;
            wechatId: string;
            nickname: string;
            deviceId: number | null;
            /** @enum {string} */
            status: "ACTIVE" | "STOPPED" | "LOGGED_OUT";
            stopCode: string | null;
            reason: string | null;
            health: number;
            /** @enum {string} */
            policy: "demo" | "safe";
            /** @description What the policy asks for; times are the workspace's */
            rules: {
                quietFrom: string | null;
                quietUntil: string | null;
                minIntervalSeconds: number;
                customerSpacingHours: number;
            };
            caps: {
                posts: number;
                messages: number;
                likes: number;
                comments: number;
            };
            usedToday: {
                posts: number;
                messages: number;
                likes: number;
                comments: number;
            };
            /** @description What keeps the account from acting now */
            hold: {
                code: string;
                reason: string;
                /** @description Null until a person lifts it */
                until: string | null;
            } | null;
        };
        Tag: {
            id: number;
            name: string;
        };
        Customer: {
            id: number;
            accountId: number;
            wechatId: string | null;
            nickname: string;
            remark: string;
            region: string;
            source: string;
            optOut: boolean;
            tags: components["schemas"]["Tag"][];
        };
        Group: {
            id: number;
            accountId: number;
            name: string;
            memberCount: number;
            /** @description HIGH when the whole group was read; the screen shows only names */
            confidence: string;
            /** @description ISO 8601 with the offset of the workspace */
            lastSeenAt: string;
        };
        GroupMember: {
            id: number;
            name: string;
            position: number;
            /** @description HIGH when the whole group was read */
            confidence: string;
            /** @description ISO 8601 with the offset of the workspace */
            lastSeenAt: string;
        };
        Material: {
            id: number;
            name: string;
            /** @enum {string} */
            type: "IMAGE" | "VIDEO" | "FILE";
            mimeType: string;
            size: number;
            sha256: string;
            url: string;
            categoryId: number | null;
            /** @description ISO 8601 with the offset of the workspace */
            createTime: string;
        };
        MaterialCategory: {
            id: number;
            name: string;
            parentId: number | null;
        };
        MessageTemplate: {
            id: number;
            name: string;
            /** @enum {string} */
            type: "TEXT" | "IMAGE" | "TEXT_WITH_IMAGE" | "VIDEO" | "LINK";
            content: string;
            variables: string[];
            materialIds: number[];
            /** @description ISO 8601 with the offset of the workspace */
            createTime: string;
        };
        CreatedTask: {
            taskId: number;
            status: string;
            scheduledTime: string | null;
            devices: {
                id: number;
                name: string;
                /** @enum {string} */
                status: "ONLINE" | "OFFLINE" | "DISABLED";
            }[];
            warnings: string[];
        };
        DryRun: {
            wouldSend: number;
            skipped: {
                deviceId: number;
                customerId: number | null;
                code: string;
                reason: string;
            }[];
            /** @description With pace, pauses and quiet hours, should no phone be offline */
            expectedEnd: string;
        };
        Task: {
            id: number;
            /** @enum {string} */
            kind: "MOMENTS" | "MESSAGE" | "FRIENDS_SYNC" | "GROUPS_SYNC" | "NOTE_TO_SELF" | "CUSTOM";
            name: string;
            /** @enum {string} */
            status: "DRAFT" | "IN_REVIEW" | "SCHEDULED" | "PROCESSING" | "PAUSED" | "COMPLETED" | "PARTIAL" | "FAILED" | "CANCELLED";
            scheduledTime: string | null;
            /** @description ISO 8601 with the offset of the workspace */
            createTime: string;
            startedAt: string | null;
            finishedAt: string | null;
            /** @description `total`, and the number of items in each state there are any in */
            counts: {
                [key: string]: number;
            };
            reason: string | null;
        };
        TaskDetail: {
            id: number;
            /** @enum {string} */
            kind: "MOMENTS" | "MESSAGE" | "FRIENDS_SYNC" | "GROUPS_SYNC" | "NOTE_TO_SELF" | "CUSTOM";
            name: string;
            /** @enum {string} */
            status: "DRAFT" | "IN_REVIEW" | "SCHEDULED" | "PROCESSING" | "PAUSED" | "COMPLETED" | "PARTIAL" | "FAILED" | "CANCELLED";
            scheduledTime: string | null;
            /** @description ISO 8601 with the offset of the workspace */
            createTime: string;
            startedAt: string | null;
            finishedAt: string | null;
            /** @description `total`, and the number of items in each state there are any in */
            counts: {
                [key: string]: number;
            };
            reason: string | null;
            deliverWithinSeconds: number;
            /** @description How often what it is to do was changed; 0 for as it was created */
            revision: number;
            params: components["schemas"]["TaskParams"];
            devices: {
                id: number;
                name: string;
                /** @enum {string} */
                status: "ONLINE" | "OFFLINE" | "DISABLED";
                deleted: boolean;
            }[];
        };
        TaskParams: components["schemas"]["MomentsTaskParams"] | components["schemas"]["MessageTaskParams"] | components["schemas"]["SyncTaskParams"] | components["schemas"]["NoteToSelfTaskParams"] | components["schemas"]["CustomTaskParams"];
        MomentsTaskParams: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "MOMENTS";
            content: string;
            images: {
                materialId: number;
                url: string;
            }[];
            /** @enum {string} */
            visibleTo: "ALL" | "PRIVATE" | "INCLUDE" | "EXCLUDE";
            tagIds: number[];
            customerIds: number[];
            /** @description How many customers of each account are meant by INCLUDE or EXCLUDE */
            audience: {
                accountId: number;
                customers: number;
            }[];
            autoLike: boolean;
            autoComment: boolean;
            commentTexts: string[];
        };
        MessageTaskParams: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "MESSAGE";
            templateId: number;
            /** @description As it was when the task took it; later changes of the template do not count */
            template: {
                /** @enum {string} */
                type: "TEXT" | "IMAGE" | "TEXT_WITH_IMAGE" | "VIDEO" | "LINK";
                content: string;
                images: {
                    materialId: number;
                    url: string;
                }[];
            };
            receivers: {
                /** @enum {string} */
                type: "ALL" | "TAG" | "GROUP" | "CUSTOMERS";
                tagIds: number[];
                groupIds: number[];
                customerIds: number[];
            };
            variables: {
                [key: string]: string;
            };
            intervalSeconds: number;
            batchSize: number;
            batchPauseSeconds: number;
        };
        SyncTaskParams: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "FRIENDS_SYNC" | "GROUPS_SYNC";
        };
        NoteToSelfTaskParams: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "NOTE_TO_SELF";
            text: string;
        };
        CustomTaskParams: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "CUSTOM";
            command: string;
            version: number;
            /** @enum {string} */
            effectClass: "READ" | "IDEMPOTENT" | "ONCE";
            payload: unknown;
        };
        ChangedTask: {
            id: number;
            /** @enum {string} */
            kind: "MOMENTS" | "MESSAGE" | "FRIENDS_SYNC" | "GROUPS_SYNC" | "NOTE_TO_SELF" | "CUSTOM";
            name: string;
            /** @enum {string} */
            status: "DRAFT" | "IN_REVIEW" | "SCHEDULED" | "PROCESSING" | "PAUSED" | "COMPLETED" | "PARTIAL" | "FAILED" | "CANCELLED";
            scheduledTime: string | null;
            /** @description ISO 8601 with the offset of the workspace */
            createTime: string;
            startedAt: string | null;
            finishedAt: string | null;
            /** @description `total`, and the number of items in each state there are any in */
            counts: {
                [key: string]: number;
            };
            reason: string | null;
            deliverWithinSeconds: number;
            /** @description How often what it is to do was changed; 0 for as it was created */
            revision: number;
            params: components["schemas"]["TaskParams"];
            devices: {
                id: number;
                name: string;
                /** @enum {string} */
                status: "ONLINE" | "OFFLINE" | "DISABLED";
                deleted: boolean;
            }[];
            warnings: string[];
        };
        Item: {
            id: number;
            taskId: number;
            deviceId: number;
            accountId: number | null;
            customerId: number | null;
            groupId: number | null;
            action: string;
            receiver: string;
            /** @enum {string} */
            status: "PENDING" | "DISPATCHED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "CANCELLED" | "EXPIRED" | "UNKNOWN_EFFECT";
            code: string | null;
            reason: string | null;
            /** @description A silent phone may still replace this state */
            provisional: boolean;
            commandId: string | null;
            /** @description How often it was given to a phone, which does it at most once */
            attempts: number;
            startedAt: string | null;
            finishedAt: string | null;
            evidenceUrl: string | null;
            /** @description What the handler of a custom command answered; null for nothing */
            result: unknown;
        };
        RetriedTask: {
            id: number;
            /** @enum {string} */
            kind: "MOMENTS" | "MESSAGE" | "FRIENDS_SYNC" | "GROUPS_SYNC" | "NOTE_TO_SELF" | "CUSTOM";
            name: string;
            /** @enum {string} */
            status: "DRAFT" | "IN_REVIEW" | "SCHEDULED" | "PROCESSING" | "PAUSED" | "COMPLETED" | "PARTIAL" | "FAILED" | "CANCELLED";
            scheduledTime: string | null;
            /** @description ISO 8601 with the offset of the workspace */
            createTime: string;
            startedAt: string | null;
            finishedAt: string | null;
            /** @description `total`, and the number of items in each state there are any in */
            counts: {
                [key: string]: number;
            };
            reason: string | null;
            /** @description Items that are tried again */
            retried: number;
            /** @description Failed items left alone: a silent phone may still say it did them */
            unsure: number;
            /** @description Failed items left alone: their device was deleted */
            deviceDeleted: number;
        };
        DeviceCommandState: {
            /** @description The task that carries the command out */
            taskId: number;
            commandId: string | null;
            /** @enum {string} */
            status: "PENDING" | "DISPATCHED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "CANCELLED" | "EXPIRED" | "UNKNOWN_EFFECT";
            code: string | null;
            reason: string | null;
            /** @description What the handler answered; null for nothing */
            result: unknown;
            evidenceUrl: string | null;
        };
        KillSwitch: {
            id: number;
            /** @enum {string} */
            scope: "FLEET" | "DEVICE" | "ACCOUNT" | "TASK";
            targetId: number | null;
            reason: string;
            /** @description ISO 8601 with the offset of the workspace */
            createTime: string;
            liftedAt: string | null;
        };
        AuditEntry: {
            id: number;
            /** @description ISO 8601 with the offset of the workspace */
            at: string;
            username: string;
            ip: string;
            action: string;
            target: string;
            /** @description What was asked for, without secrets */
            request: unknown;
            /** @description The state of what was changed, where there was one */
            before: unknown;
            /** @description The answer, without secrets */
            after: unknown;
            /** @description HTTP status; 0 when it took effect and the server ended before it could answer */
            outcome: number;
            requestId: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    postAuthLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    username: string;
                    password: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["SignedIn"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAuthRefresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    refreshToken: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["SignedIn"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAuthLogout: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: null;
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAuthMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["User"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getUsers: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["FullUser"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postUsers: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    username: string;
                    password: string;
                    /** @enum {string} */
                    role: "admin" | "operator" | "viewer";
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["User"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getUsersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["FullUser"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteUsersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: null;
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchUsersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    role?: "admin" | "operator" | "viewer";
                    password?: string;
                    disabled?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["FullUser"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postDevicesEnrolmentCodes: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    name?: string;
                    /** @default 3600 */
                    expiresInSeconds?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            code: string;
                            /** @description ISO 8601 with the offset of the workspace */
                            expiresAt: string;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getDevices: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                status?: "ONLINE" | "OFFLINE" | "DISABLED";
                keyword?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Device"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getDevicesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["DeviceDetail"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteDevicesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: null;
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchDevicesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["DeviceDetail"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getDevicesIdEvents: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: {
                                id: number;
                                type: string;
                                data: unknown;
                                /** @description ISO 8601 with the offset of the workspace */
                                at: string;
                            }[];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postDevicesIdDisable: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["DeviceDetail"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postDevicesIdEnable: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["DeviceDetail"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAccounts: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                deviceId?: number;
                status?: "ACTIVE" | "STOPPED" | "LOGGED_OUT";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Account"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAccountsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Account"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchAccountsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    caps: {
                        posts?: number;
                        messages?: number;
                        likes?: number;
                        comments?: number;
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Account"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAccountsIdClear: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    note: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Account"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getTags: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Tag"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postTags: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Tag"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getTagsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Tag"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteTagsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: null;
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchTagsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Tag"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getCustomers: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                accountId?: number;
                tagId?: number;
                keyword?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Customer"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postCustomers: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    accountId: number;
                    wechatId?: string | null;
                    nickname: string;
                    remark?: string;
                    region?: string;
                    source?: string;
                    optOut?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Customer"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postCustomersImport: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    accountId: number;
                    /** Format: binary */
                    file: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            taken: number;
                            refused: {
                                line: number;
                                reason: string;
                            }[];
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postCustomersTags: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    customerIds: number[];
                    /** @default [] */
                    add?: number[];
                    /** @default [] */
                    remove?: number[];
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            customers: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getCustomersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Customer"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteCustomersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: null;
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchCustomersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    wechatId?: string | null;
                    nickname?: string;
                    remark?: string;
                    region?: string;
                    source?: string;
                    optOut?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Customer"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWechatGroups: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                accountId?: number;
                keyword?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Group"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWechatGroupsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Group"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWechatGroupsIdMembers: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["GroupMember"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMaterials: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                type?: "IMAGE" | "VIDEO" | "FILE";
                categoryId?: number;
                keyword?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Material"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postMaterials: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    name?: string;
                    categoryId?: number;
                    /** Format: binary */
                    file: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Material"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMaterialsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Material"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteMaterialsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: null;
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchMaterialsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    name?: string;
                    categoryId?: number | null;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Material"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMaterialsIdFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes; ETag is their SHA-256 where they never change */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": string;
                    "image/jpeg": string;
                    "image/gif": string;
                    "image/webp": string;
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/webm": string;
                    "application/pdf": string;
                    "application/zip": string;
                    "audio/mpeg": string;
                };
            };
            /** @description The part that Range asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": string;
                    "image/jpeg": string;
                    "image/gif": string;
                    "image/webp": string;
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/webm": string;
                    "application/pdf": string;
                    "application/zip": string;
                    "audio/mpeg": string;
                };
            };
            /** @description The client has them already: If-None-Match named their ETag */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMaterialCategories: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["MaterialCategory"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postMaterialCategories: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /**
                     * @description null is the root
                     * @default null
                     */
                    parentId?: number | null;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["MaterialCategory"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMaterialCategoriesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["MaterialCategory"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteMaterialCategoriesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: null;
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchMaterialCategoriesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    name?: string;
                    /** @description null is the root */
                    parentId?: number | null;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["MaterialCategory"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMessageTemplates: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                keyword?: string;
                type?: "TEXT" | "IMAGE" | "TEXT_WITH_IMAGE" | "VIDEO" | "LINK";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["MessageTemplate"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postMessageTemplates: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /** @enum {string} */
                    type: "TEXT" | "IMAGE" | "TEXT_WITH_IMAGE" | "VIDEO" | "LINK";
                    /** @default  */
                    content?: string;
                    /** @default [] */
                    variables?: string[];
                    /** @default [] */
                    materialIds?: number[];
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["MessageTemplate"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMessageTemplatesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["MessageTemplate"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteMessageTemplatesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: null;
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchMessageTemplatesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    name?: string;
                    /** @enum {string} */
                    type?: "TEXT" | "IMAGE" | "TEXT_WITH_IMAGE" | "VIDEO" | "LINK";
                    content?: string;
                    variables?: string[];
                    materialIds?: number[];
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["MessageTemplate"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWechatMomentsTasks: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                status?: "DRAFT" | "IN_REVIEW" | "SCHEDULED" | "PROCESSING" | "PAUSED" | "COMPLETED" | "PARTIAL" | "FAILED" | "CANCELLED";
                deviceId?: number;
                startTime?: string;
                endTime?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Task"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postWechatMomentsTasks: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name?: string;
                    devices: number[];
                    /**
                     * @description ISO 8601; without an offset it is in the workspace zone
                     * @example 2027-02-12T10:00:00+08:00
                     */
                    scheduledTime?: string;
                    /** @default 7200 */
                    deliverWithinSeconds?: number;
                    /** @default  */
                    content?: string;
                    /** @default [] */
                    images?: {
                        materialId?: number;
                        url?: string;
                    }[];
                    /**
                     * @default ALL
                     * @enum {string}
                     */
                    visibleTo?: "ALL" | "PRIVATE" | "INCLUDE" | "EXCLUDE";
                    /** @default [] */
                    tagIds?: number[];
                    /** @default [] */
                    customerIds?: number[];
                    /** @default false */
                    autoLike?: boolean;
                    /** @default false */
                    autoComment?: boolean;
                    /** @default [] */
                    commentTexts?: string[];
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["CreatedTask"] | components["schemas"]["DryRun"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMessageTasks: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                status?: "DRAFT" | "IN_REVIEW" | "SCHEDULED" | "PROCESSING" | "PAUSED" | "COMPLETED" | "PARTIAL" | "FAILED" | "CANCELLED";
                deviceId?: number;
                startTime?: string;
                endTime?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Task"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postMessageTasks: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name?: string;
                    devices: number[];
                    /**
                     * @description ISO 8601; without an offset it is in the workspace zone
                     * @example 2027-02-12T10:00:00+08:00
                     */
                    scheduledTime?: string;
                    /** @default 7200 */
                    deliverWithinSeconds?: number;
                    templateId: number;
                    receivers: {
                        /** @enum {string} */
                        type: "ALL" | "TAG" | "GROUP" | "CUSTOMERS";
                        /** @default [] */
                        tagIds?: number[];
                        /** @default [] */
                        groupIds?: number[];
                        /** @default [] */
                        customerIds?: number[];
                    };
                    /** @default {} */
                    variables?: {
                        [key: string]: string;
                    };
                    /** @default 5 */
                    intervalSeconds?: number;
                    /** @default 50 */
                    batchSize?: number;
                    /** @default 60 */
                    batchPauseSeconds?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["CreatedTask"] | components["schemas"]["DryRun"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postWechatFriendsSync: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name?: string;
                    devices: number[];
                    /**
                     * @description ISO 8601; without an offset it is in the workspace zone
                     * @example 2027-02-12T10:00:00+08:00
                     */
                    scheduledTime?: string;
                    /** @default 7200 */
                    deliverWithinSeconds?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["CreatedTask"] | components["schemas"]["DryRun"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postWechatGroupsSync: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name?: string;
                    devices: number[];
                    /**
                     * @description ISO 8601; without an offset it is in the workspace zone
                     * @example 2027-02-12T10:00:00+08:00
                     */
                    scheduledTime?: string;
                    /** @default 7200 */
                    deliverWithinSeconds?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["CreatedTask"] | components["schemas"]["DryRun"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWechatNoteToSelf: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                status?: "DRAFT" | "IN_REVIEW" | "SCHEDULED" | "PROCESSING" | "PAUSED" | "COMPLETED" | "PARTIAL" | "FAILED" | "CANCELLED";
                deviceId?: number;
                startTime?: string;
                endTime?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Task"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postWechatNoteToSelf: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name?: string;
                    devices: number[];
                    /**
                     * @description ISO 8601; without an offset it is in the workspace zone
                     * @example 2027-02-12T10:00:00+08:00
                     */
                    scheduledTime?: string;
                    /** @default 7200 */
                    deliverWithinSeconds?: number;
                    text: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["CreatedTask"] | components["schemas"]["DryRun"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getCustomTasks: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                status?: "DRAFT" | "IN_REVIEW" | "SCHEDULED" | "PROCESSING" | "PAUSED" | "COMPLETED" | "PARTIAL" | "FAILED" | "CANCELLED";
                deviceId?: number;
                startTime?: string;
                endTime?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Task"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postCustomTasks: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name?: string;
                    devices: number[];
                    /**
                     * @description ISO 8601; without an offset it is in the workspace zone
                     * @example 2027-02-12T10:00:00+08:00
                     */
                    scheduledTime?: string;
                    /** @default 7200 */
                    deliverWithinSeconds?: number;
                    /** @description As the agents registered it; GET /devices/{id} lists them */
                    command: string;
                    /** @description Left out: the newest that all devices have */
                    version?: number;
                    /**
                     * @description JSON that fits the schema the agents registered
                     * @default {}
                     */
                    payload?: unknown;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["CreatedTask"] | components["schemas"]["DryRun"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getTasks: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                kind?: "MOMENTS" | "MESSAGE" | "FRIENDS_SYNC" | "GROUPS_SYNC" | "NOTE_TO_SELF" | "CUSTOM";
                status?: "DRAFT" | "IN_REVIEW" | "SCHEDULED" | "PROCESSING" | "PAUSED" | "COMPLETED" | "PARTIAL" | "FAILED" | "CANCELLED";
                deviceId?: number;
                startTime?: string;
                endTime?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Task"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getTasksId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["TaskDetail"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteTasksId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: null;
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchTasksId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    name?: string;
                    devices?: number[];
                    /**
                     * @description ISO 8601; without an offset it is in the workspace zone
                     * @example 2027-02-12T10:00:00+08:00
                     */
                    scheduledTime?: string;
                    deliverWithinSeconds?: number;
                    params?: {
                        content?: string;
                        images?: {
                            materialId?: number;
                            url?: string;
                        }[];
                        /** @enum {string} */
                        visibleTo?: "ALL" | "PRIVATE" | "INCLUDE" | "EXCLUDE";
                        tagIds?: number[];
                        customerIds?: number[];
                        autoLike?: boolean;
                        autoComment?: boolean;
                        commentTexts?: string[];
                        templateId?: number;
                        receivers?: {
                            /** @enum {string} */
                            type: "ALL" | "TAG" | "GROUP" | "CUSTOMERS";
                            /** @default [] */
                            tagIds?: number[];
                            /** @default [] */
                            groupIds?: number[];
                            /** @default [] */
                            customerIds?: number[];
                        };
                        variables?: {
                            [key: string]: string;
                        };
                        intervalSeconds?: number;
                        batchSize?: number;
                        batchPauseSeconds?: number;
                        text?: string;
                        /** @description As the agents registered it; GET /devices/{id} lists them */
                        command?: string;
                        /** @description Left out: the newest that all devices have */
                        version?: number;
                        payload?: unknown;
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["ChangedTask"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getTasksIdItems: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                status?: "PENDING" | "DISPATCHED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "CANCELLED" | "EXPIRED" | "UNKNOWN_EFFECT";
                code?: "DEVICE_OFFLINE" | "DEVICE_UNREACHABLE" | "QUEUE_FULL" | "DELIVERY_EXPIRED" | "LEASE_LOST" | "APP_NOT_READY" | "LOGIN_REQUIRED" | "RISK_CONTROL" | "UI_CHANGED" | "UI_TREE_EMPTY" | "CONTACT_NOT_FOUND" | "CONTACT_AMBIGUOUS" | "UNSUPPORTED" | "UNKNOWN_EFFECT" | "CANCELLED" | "TOO_LATE" | "BUDGET_SPENT" | "OPTED_OUT" | "QUIET_HOURS" | "MISSING_VARIABLE";
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Item"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWechatMomentsTasksId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["TaskDetail"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWechatMomentsTasksIdItems: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                status?: "PENDING" | "DISPATCHED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "CANCELLED" | "EXPIRED" | "UNKNOWN_EFFECT";
                code?: "DEVICE_OFFLINE" | "DEVICE_UNREACHABLE" | "QUEUE_FULL" | "DELIVERY_EXPIRED" | "LEASE_LOST" | "APP_NOT_READY" | "LOGIN_REQUIRED" | "RISK_CONTROL" | "UI_CHANGED" | "UI_TREE_EMPTY" | "CONTACT_NOT_FOUND" | "CONTACT_AMBIGUOUS" | "UNSUPPORTED" | "UNKNOWN_EFFECT" | "CANCELLED" | "TOO_LATE" | "BUDGET_SPENT" | "OPTED_OUT" | "QUIET_HOURS" | "MISSING_VARIABLE";
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Item"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMessageTasksId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["TaskDetail"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMessageTasksIdItems: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                status?: "PENDING" | "DISPATCHED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "CANCELLED" | "EXPIRED" | "UNKNOWN_EFFECT";
                code?: "DEVICE_OFFLINE" | "DEVICE_UNREACHABLE" | "QUEUE_FULL" | "DELIVERY_EXPIRED" | "LEASE_LOST" | "APP_NOT_READY" | "LOGIN_REQUIRED" | "RISK_CONTROL" | "UI_CHANGED" | "UI_TREE_EMPTY" | "CONTACT_NOT_FOUND" | "CONTACT_AMBIGUOUS" | "UNSUPPORTED" | "UNKNOWN_EFFECT" | "CANCELLED" | "TOO_LATE" | "BUDGET_SPENT" | "OPTED_OUT" | "QUIET_HOURS" | "MISSING_VARIABLE";
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Item"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWechatNoteToSelfId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["TaskDetail"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getWechatNoteToSelfIdItems: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                status?: "PENDING" | "DISPATCHED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "CANCELLED" | "EXPIRED" | "UNKNOWN_EFFECT";
                code?: "DEVICE_OFFLINE" | "DEVICE_UNREACHABLE" | "QUEUE_FULL" | "DELIVERY_EXPIRED" | "LEASE_LOST" | "APP_NOT_READY" | "LOGIN_REQUIRED" | "RISK_CONTROL" | "UI_CHANGED" | "UI_TREE_EMPTY" | "CONTACT_NOT_FOUND" | "CONTACT_AMBIGUOUS" | "UNSUPPORTED" | "UNKNOWN_EFFECT" | "CANCELLED" | "TOO_LATE" | "BUDGET_SPENT" | "OPTED_OUT" | "QUIET_HOURS" | "MISSING_VARIABLE";
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Item"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getCustomTasksId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["TaskDetail"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getCustomTasksIdItems: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                status?: "PENDING" | "DISPATCHED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "SKIPPED" | "CANCELLED" | "EXPIRED" | "UNKNOWN_EFFECT";
                code?: "DEVICE_OFFLINE" | "DEVICE_UNREACHABLE" | "QUEUE_FULL" | "DELIVERY_EXPIRED" | "LEASE_LOST" | "APP_NOT_READY" | "LOGIN_REQUIRED" | "RISK_CONTROL" | "UI_CHANGED" | "UI_TREE_EMPTY" | "CONTACT_NOT_FOUND" | "CONTACT_AMBIGUOUS" | "UNSUPPORTED" | "UNKNOWN_EFFECT" | "CANCELLED" | "TOO_LATE" | "BUDGET_SPENT" | "OPTED_OUT" | "QUIET_HOURS" | "MISSING_VARIABLE";
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["Item"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postTasksIdPause: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Task"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postTasksIdResume: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Task"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postTasksIdCancel: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Task"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postTasksIdCopy: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Task"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postTasksIdRetryFailed: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["RetriedTask"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postTasksIdApprove: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description The one that was looked at; needed once the task was changed */
                    revision?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Task"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postTasksIdReject: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @default rejected */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["Task"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postDevicesIdCommands: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type: "CUSTOM";
                    /** @description As the agents registered it; GET /devices/{id} lists them */
                    command: string;
                    /** @description Left out: the newest that all devices have */
                    version?: number;
                    /**
                     * @description JSON that fits the schema the agents registered
                     * @default {}
                     */
                    payload?: unknown;
                    /** @default 30 */
                    waitSeconds?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: components["schemas"]["DeviceCommandState"];
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getEvidenceId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes; ETag is their SHA-256 where they never change */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": string;
                    "image/jpeg": string;
                };
            };
            /** @description The part that Range asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": string;
                    "image/jpeg": string;
                };
            };
            /** @description The client has them already: If-None-Match named their ETag */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getKillSwitches: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                active?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["KillSwitch"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postKillSwitches: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID for this very request. Sent again within 24 hours, it answers as the first time and does nothing again */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    scope: "FLEET" | "DEVICE" | "ACCOUNT" | "TASK";
                    id?: number;
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            id: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteKillSwitchesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: null;
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAudit: {
        parameters: {
            query?: {
                page?: number;
                size?: number;
                username?: string;
                action?: string;
                startTime?: string;
                endTime?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        msg: string;
                        data: {
                            items: components["schemas"]["AuditEntry"][];
                            page: number;
                            size: number;
                            total: number;
                        };
                        timestamp: number;
                        requestId: string;
                    };
                };
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAuditExport: {
        parameters: {
            query?: {
                username?: string;
                action?: string;
                startTime?: string;
                endTime?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes; ETag is their SHA-256 where they never change */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            /** @description The part that Range asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            /** @description The client has them already: If-None-Match named their ETag */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; nothing was changed */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
}
